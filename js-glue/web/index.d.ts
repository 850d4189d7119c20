/**
 * Audio and video calls with WeChat mini-programs, from a browser.
 *
 * The client captures, sends and receives media itself, by WebRTC (WHIP and WHEP). All else is as in `miniapp-rtc` for
 * mini-programs: the same names, events and error codes.
 */

import type * as Room from '../index.js';

export { ERROR_CODES, EVENTS, version } from '../index.js';
export type {
  AnyEvent,
  ConnectionState,
  ConnectionStateChange,
  Emitter,
  EventName,
  EventPayloads,
  Failure,
  Listener,
  LogLevel,
  MuteRemoteOptions,
  OnSuccess,
  Peer,
  StreamAdded,
  StreamControl,
  StreamFailed,
  StreamReference,
  StreamUrl,
  SubscribeOptions,
  TokenWillExpire,
  UnsubscribeOptions,
} from '../index.js';

/** What the browser could not do. */
export type MediaFault =
  /** The user, the browser or the system refused camera, microphone or screen. */
  | 'permission-denied'
  /** There is no such device, or none that can do what the constraints ask for. */
  | 'no-device'
  /** Another program has the device, or the system cannot open it. */
  | 'device-busy'
  /** The page has no https, or a policy of the page forbids the device. */
  | 'insecure-page'
  /** The browser has no WebRTC. */
  | 'no-webrtc'
  /** The browser has no H.264, the only picture that phones understand. */
  | 'no-h264'
  /** The gateway gave no address for browsers. */
  | 'no-web-media';

/** The error of every rejected promise and every `onFailure`. */
export interface RtcError extends Room.RtcError {
  /** Set where the browser's media are the cause. The code is then `PUBLISH_ERROR` or `SUBSCRIBE_FAILED`. */
  readonly fault?: MediaFault;
}

export type OnFailure = (error: RtcError) => void;

export interface InitOptions extends Pick<Room.InitOptions, 'gateway' | 'configUrl' | 'logLevel'> {
  /** Address of `miniapp-rtc.wasm`, counted from the page. Default: beside the script of this package. */
  wasmPath?: string;
}

export interface PublishOptions {
  /**
   * What to publish: a stream of the application, or constraints. With constraints, or without the option, the client
   * captures camera and microphone by `getUserMedia` (the screen by `getDisplayMedia`), and stops the capture when the
   * stream ends. A stream of the application stays the application's.
   */
  stream?: MediaStream | MediaStreamConstraints | DisplayMediaStreamOptions;
  /** True to publish the screen beside the camera. Others see a stream with `screen: true`. Default false. */
  screen?: boolean;
}

export interface UnpublishOptions {
  /** True for the screen, false for the camera. Default false. */
  screen?: boolean;
}

/** Which tracks of the published stream are off: true turns a track **off**, false turns it on. */
export interface MuteLocalOptions extends Room.MuteLocalOptions {
  /** True for the screen, false for the camera. Default false. */
  screen?: boolean;
}

/**
 * A user's presence in one room.
 *
 * Every asynchronous method returns a promise that rejects only with {@link RtcError}, and takes `onSuccess` and
 * `onFailure` as well. Calls that the page makes while the module loads wait, and run in their order. Call `init`
 * first: all other calls before `init` fail with `NOT_INITED`.
 *
 * A tab in the background stays in the call. A page that closes leaves the room.
 */
export class Client implements Room.Emitter {
  constructor();

  /** Options that every `init` starts from. */
  static defaults: InitOptions;

  /** `idle` before the first `join` and after `leave`. */
  readonly state: Room.ConnectionState;

  /**
   * Loads the module and finds the gateways. After a failure the page may call `init` again.
   * Errors: `HAS_INITED`, `INVALID_PARAMS`, `GET_CONFIG_ERROR`, `NO_WEBSOCKET_URL`, `CORE_FAILED`.
   */
  init(appId: string, options?: InitOptions, onSuccess?: Room.OnSuccess<void>, onFailure?: OnFailure): Promise<void>;
  init(appId: string, onSuccess: Room.OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /** Leaves the room, if the client is in one, and ends the client for good. The promise never rejects. */
  destroy(onSuccess?: Room.OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /** Tags the client for the application's accounting. The tag takes effect at the next `join`. Resolves with true. */
  setBusinessId(businessId: string, onSuccess?: Room.OnSuccess<boolean>, onFailure?: OnFailure): Promise<boolean>;

  /**
   * Enters a room. Resolves with `userId`.
   * Errors: `INVALID_PARAMS`, `ALREADY_IN_ROOM`, `CONNECTING`, `JOIN_ROOM_ERROR` (token, room full, …),
   * `WEBSOCKET_FAILED`, `SIGNALING_TIMEOUT`.
   */
  join(
    token: string,
    roomId: string,
    userId: string,
    onSuccess?: Room.OnSuccess<string>,
    onFailure?: OnFailure,
  ): Promise<string>;

  /** Leaves the room, and ends every stream. Outside of a room the call resolves and does nothing. */
  leave(onSuccess?: Room.OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Publishes camera and microphone, or the screen. Resolves with the stream that is sent, to be shown on the page,
   * muted. The connection to the media server follows, and is repaired when it breaks; `STREAM_FAILED` tells when the
   * client gave up. If the user ends the sharing of the screen in the browser, the client unpublishes it, and
   * `STREAM_CONTROL` with `stop` tells.
   * Errors: `NOT_IN_ROOM`, `ALREADY_PUBLISHED`, `INVALID_PARAMS`, `SIGNALING_TIMEOUT`, `PUBLISH_ERROR`, the last with a
   * {@link MediaFault} where the browser is the cause.
   */
  publish(
    options?: PublishOptions | null,
    onSuccess?: Room.OnSuccess<MediaStream>,
    onFailure?: OnFailure,
  ): Promise<MediaStream>;
  publish(onSuccess: Room.OnSuccess<MediaStream>, onFailure?: OnFailure): Promise<MediaStream>;

  /** Ends the published stream. Errors: `NOT_IN_ROOM`, `NOT_PUBLISHED`, `UNPUBLISH_ERROR`. */
  unpublish(options?: UnpublishOptions | null, onSuccess?: Room.OnSuccess<void>, onFailure?: OnFailure): Promise<void>;
  unpublish(onSuccess: Room.OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Subscribes to a stream, usually on `STREAM_ADDED`. Resolves with a stream for the `srcObject` of a `<video>`. The
   * object stays the same until the subscription ends, whatever connections feed it; a new address (`UPDATE_URL`) is
   * used without the page.
   * Errors: `NOT_IN_ROOM`, `UID_NOT_FOUND`, `STREAM_ID_NOT_FOUND`, `SUBSCRIBE_FAILED`, the last with a
   * {@link MediaFault} where the browser is the cause.
   */
  subscribe(
    uid: string,
    options?: Room.SubscribeOptions | null,
    onSuccess?: Room.OnSuccess<MediaStream>,
    onFailure?: OnFailure,
  ): Promise<MediaStream>;
  subscribe(uid: string, onSuccess: Room.OnSuccess<MediaStream>, onFailure?: OnFailure): Promise<MediaStream>;

  /** Ends a subscription. Errors: `NOT_IN_ROOM`, `UID_NOT_FOUND`, `STREAM_ID_NOT_FOUND`, `UNSUBSCRIBE_FAILED`. */
  unsubscribe(
    uid: string,
    options?: Room.UnsubscribeOptions | null,
    onSuccess?: Room.OnSuccess<void>,
    onFailure?: OnFailure,
  ): Promise<void>;
  unsubscribe(uid: string, onSuccess: Room.OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Switches tracks of the published stream off or on (`track.enabled`), and tells the room. What is switched off sends
   * silence and black pictures at once, even if the room cannot be told yet; if the room refuses, the tracks are as
   * before.
   * Errors: `NOT_IN_ROOM`, `NOT_PUBLISHED`, `MUTE_LOCAL_ERROR`.
   */
  muteLocal(options: MuteLocalOptions, onSuccess?: Room.OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Pauses or resumes tracks of a subscribed stream, for this client alone.
   * Errors: `NOT_IN_ROOM`, `UID_NOT_FOUND`, `STREAM_ID_NOT_FOUND`, `MUTE_REMOTE_ERROR`.
   */
  muteRemote(
    uid: string,
    options: Room.MuteRemoteOptions,
    onSuccess?: Room.OnSuccess<void>,
    onFailure?: OnFailure,
  ): Promise<void>;

  /** Shows the user to the room (true) or hides the user (false). A hidden user may subscribe but not publish. */
  setUserVisibility(enable: boolean, onSuccess?: Room.OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Replaces the token of the present room before the token ends.
   * Errors: `NOT_IN_ROOM`, `JOIN_ROOM_ERROR` (a token for another room or user), `CONNECTING` (another `updateToken`
   * waits).
   */
  updateToken(token: string, onSuccess?: Room.OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * What was measured of a stream over the last two seconds, in the names of a native tag's `netstatus`. `uid` is the
   * user of this client for a published stream. Undefined before the first measurement. The client reports the same to
   * the room by itself.
   */
  netStatusOf(uid: string, options?: { screen?: boolean }): NetStatus | undefined;

  /**
   * What the browser measures of a stream's connection (W3C "Identifiers for WebRTC's Statistics API"). `uid` is the
   * user of this client for a published stream. Undefined while the stream has no connection.
   */
  statsOf(uid: string, options?: { screen?: boolean }): Promise<RTCStatsReport | undefined>;

  /** Called by `JSON.stringify`, so that application state may hold a client. */
  toJSON(): { state: Room.ConnectionState };
}
export interface Client extends Room.Emitter {}

/** One measurement of a stream that is sent or received. */
export interface NetStatus {
  /** kbit/s of pictures, of sound, and of both. */
  videoBitrate: number;
  audioBitrate: number;
  netSpeed: number;
  /** Pictures per second that were sent or decoded. */
  videoFPS: number;
  /** Pixels. */
  videoWidth: number;
  videoHeight: number;
  /** Milliseconds. */
  netJitter: number;
  /** 0 unknown, as while nothing is sent; 1 best to 6 unusable, of loss, round trip and jitter the worst. */
  netQualityLevel: number;
}

declare const RTC: {
  readonly Client: typeof Client;
  readonly EVENTS: typeof Room.EVENTS;
  readonly ERROR_CODES: typeof Room.ERROR_CODES;
  readonly version: string;
};
export default RTC;
