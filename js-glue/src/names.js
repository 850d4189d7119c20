/**
 * The names of the public API: events and error codes, as the vendor's reference lists them.
 * `tests/vectors/api.json` holds the same two tables for the Rust core.
 */

export const EVENTS = Object.freeze({
  STREAM_ADDED: 'stream-added',
  STREAM_REMOVED: 'stream-removed',
  UPDATE_URL: 'update-url',
  STREAM_FAILED: 'stream-failed',
  MUTE_AUDIO: 'mute-audio',
  UNMUTE_AUDIO: 'unmute-audio',
  MUTE_VIDEO: 'mute-video',
  UNMUTE_VIDEO: 'unmute-video',
  CLIENT_BANNED: '@room/client-banned',
  PEER_ONLINE: 'peer-online',
  PEER_LEAVE: 'peer-leave',
  ERROR: 'error',
  DISCONNECT: 'disconnect',
  CLOSE: 'close',
  CONNECTION_STATE_CHANGED: 'connection-state-changed',
  TOKEN_WILL_EXPIRE: 'token-will-expire',
  STREAM_CONTROL: 'stream-control',
});

/** `NOT_INITED` and `CORE_FAILED` are not the vendor's: what they tell of happens where no core runs. */
export const ERROR_CODES = Object.freeze({
  INVALID_PARAMS: 100001,
  NOT_IN_ROOM: 100002,
  ALREADY_IN_ROOM: 100003,
  CONNECTING: 100004,
  ALREADY_PUBLISHED: 100005,
  NOT_PUBLISHED: 100006,
  UID_NOT_FOUND: 100007,
  HAS_INITED: 100008,
  NOT_INITED: 100011,
  STREAM_ID_NOT_FOUND: 200001,
  GET_CONFIG_ERROR: 200002,
  NO_WEBSOCLET_URL: 200003,
  NO_WEBSOCKET_URL: 200003,
  CORE_FAILED: 200005,
  SUBSCRIBE_FAILED: 300001,
  UNSUBSCRIBE_FAILED: 300002,
  MUTE_LOCAL_ERRO: 300003,
  MUTE_LOCAL_ERROR: 300003,
  MUTE_REMOTE_ERROR: 300004,
  LEAVE_ERROR: 300005,
  PUBLISH_ERROR: 300006,
  UNPUBLISH_ERRO: 300007,
  UNPUBLISH_ERROR: 300007,
  JOIN_ROOM_ERROR: 300008,
  SIGNALING_TIMEOUT: 300009,
  WEBSOCKET_NOT_CONNECTED: 300010,
  WEBSOCKET_FAILED: 500001,
});
