/** The messages that go with native codes (English, as clients since 7.0.21 send them; never to be parsed). */

export const PUSHER_MESSAGES = {
  1001: 'connected to the RTMP server', 1002: 'RTMP handshake done, pushing begins', 1003: 'camera opened', 1007: 'first frame captured',
  1008: 'encoder started', 1101: 'uplink too narrow', 1102: 'disconnected from the server, reconnecting', '-1301': 'camera could not be opened',
  '-1302': 'microphone could not be opened', '-1307': 'disconnected from the server, retries used up', 3001: 'RTMP DNS failed',
  3002: 'RTMP connect failed', 3003: 'RTMP handshake failed', 3004: 'RTMP server closed the connection', 3005: 'RTMP read or write failed',
  5000: 'mini-program suspended, pushing stops', 5001: 'interrupted by a call', '-1303': 'video encoding failed', '-1304': 'audio encoding failed',
  '-1311': 'microphone opened but silent', 1022: 'the room could not be entered', 4998: 'enable-mic switched the microphone',
  4999: 'muted switched the microphone',
};

export const PLAYER_MESSAGES = {
  2001: 'connected to the server', 2002: 'pulling begins', 2003: 'first video packet (IDR)', 2004: 'playback began', 2006: 'playback ended', 2007: 'loading',
  2008: 'decoder started', 2009: 'resolution changed', 2103: 'disconnected from the server, reconnecting', '-2301': 'disconnected for good',
  3001: 'DNS failed', 3002: 'connect failed', 3003: 'handshake failed', 3005: 'read or write failed',
};
