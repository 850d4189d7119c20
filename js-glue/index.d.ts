/**
 * Audio and video calls for WeChat mini-programs.
 *
 * Media never passes through JavaScript. `publish` and `subscribe` resolve with URLs for `<live-pusher>` and
 * `<live-player>`; the page gives back what those tags report through the `report…` methods.
 */

/** The error of every rejected promise and every `onFailure`. */
export interface RtcError extends Error {
  readonly name: 'RtcError';
  /** One of {@link ERROR_CODES}. */
  readonly code: number;
  /** One English sentence: what went wrong and what to do next. It holds no token and no signed address. */
  readonly reason: string;
  /**
   * The number of the gateway's refusal (`docs/protocol.md`, section 9), such as 4102 for an ended token or 4200 for a
   * full room. It is also set where the SDK refuses before it asks, because the gateway would refuse. Absent for all
   * other errors.
   */
  readonly gatewayCode?: number;
}

export type OnSuccess<T> = (value: T) => void;
export type OnFailure = (error: RtcError) => void;

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

/**
 * What happens while the mini-program is in the background. There WeChat stops the camera, freezes JavaScript after
 * about 5 s, and then cuts sockets and pushing (WeChat's guide, "Running mechanism"). The tag is silent at once. Others
 * hear of it after 3.5 s, by `MUTE_VIDEO`, `MUTE_AUDIO` or `STREAM_REMOVED`; with `leave` they hear of it at once. When
 * the app is back, the SDK restores what the page wanted.
 *
 * - `keep-audio`: the picture is off; the sound goes on for as long as WeChat lets it.
 * - `mute`: picture and sound are off.
 * - `leave`: the client leaves the room and the pusher stops; the page must join again.
 *
 * For `keep-audio` the pusher must bind `control`, or have `background-mute` false. Otherwise the pusher is silent in
 * the background.
 */
export type BackgroundPolicy = 'keep-audio' | 'mute' | 'leave';

export interface InitOptions {
  /** Address or addresses of the gateway, `wss://host/v1`, the preferred one first. */
  gateway?: string | string[];
  /** `https` address that serves `{"gateways":["wss://…"]}`. The SDK asks it only when `gateway` is absent. */
  configUrl?: string;
  /**
   * Path of the `.wasm` or `.wasm.br` file, from the root of the code package. Default: the SDK looks in `lib/` and
   * `miniprogram_npm/miniapp-rtc/`.
   */
  wasmPath?: string;
  /**
   * Returns the module as JavaScript, or a promise of it. The SDK calls this function only where `WXWebAssembly` is
   * missing (base library below 2.13.0) or fails, so other phones do not load the file. Write the path as a literal,
   * relative to your own file: `() => require('../../lib/miniapp-rtc.fallback.js')`. Without the option, `init` fails
   * on such phones with `CORE_FAILED`.
   */
  fallback?: () => unknown;
  /**
   * Kind of address that `publish` and `subscribe` resolve with. Default `rtmp`.
   *
   * - `rtmp`: RTMP, for `live-pusher` and `live-player`.
   * - `flv`: `subscribe` gives HTTP-FLV where the gateway offers it; `publish` gives RTMP.
   * - `web`: `publish` gives WHIP and `subscribe` gives WHEP where the gateway offers them, for a web page with WebRTC.
   *   Without WHIP, `publish` gives RTMP; without WHEP, `subscribe` gives HTTP-FLV or RTMP.
   */
  transport?: 'rtmp' | 'flv' | 'web';
  /** What happens while the mini-program is in the background. Not in the vendor's SDK. Default `mute`. */
  background?: BackgroundPolicy;
  /**
   * Whether the call goes on when the last page that used the client has closed. Default false: the client leaves the
   * room one second later; the second lets the page of a `redirectTo` go on with the client. A client that is first
   * used while no page is open outlives every page. Not in the vendor's SDK.
   */
  outlivesPage?: boolean;
  /** The least severe level that still goes to the console. Default `warn`. */
  logLevel?: LogLevel;
}

export interface SubscribeOptions {
  /** Whether to receive the sound. Default true. */
  audio?: boolean;
  /** Whether to receive the picture. Default true. */
  video?: boolean;
  /** True for the user's screen, false for the camera. Default false. */
  screen?: boolean;
}

export interface UnsubscribeOptions {
  /** True for the user's screen, false for the camera. Default false. */
  screen?: boolean;
}

/** Which tracks of the published stream are off: true turns a track **off**, false turns it on. */
export interface MuteLocalOptions {
  audio: boolean;
  video: boolean;
}

/** Which tracks of a subscribed stream are off: true turns a track **off**, false turns it on. */
export interface MuteRemoteOptions {
  audio: boolean;
  video: boolean;
  /** True for the user's screen, false for the camera. Default false. */
  screen?: boolean;
}

/**
 * How far the client is connected to its room. `disconnected` means that the gateway put the user out, that the client
 * used up its attempts to reconnect, or that the client has ended.
 */
export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'disconnected';

export interface Peer {
  uid: string;
}

export interface StreamReference {
  uid: string;
  /** True for a screen stream, false for camera and microphone. */
  screen: boolean;
}

export interface StreamAdded extends StreamReference {
  /** Which tracks are on. */
  streamPublishState: { audio: boolean; video: boolean };
}

export interface StreamUrl extends StreamReference {
  /** The new address. Give it to the stream's player, or, if `uid` is the user of this client, to the pusher. */
  url: string;
}

/**
 * The client could not bring the stream back and gave it up. If `uid` is the user of this client, the stream is no
 * longer published, and its tag has been told to stop (by an earlier `STREAM_CONTROL` with `stop`). The page may
 * publish or subscribe again, and gets a new address.
 */
export interface StreamFailed extends StreamReference {
  /** One English sentence that says what went wrong. */
  reason: string;
}

/**
 * An order to the native tag of a stream. Bind it to the property `control` of `v-pusher` or `v-player`: they carry it
 * out.
 */
export interface StreamControl extends StreamReference {
  /**
   * - `start`: comes before `publish` resolves, and tells the pusher the background policy.
   * - `play-again`: stop the tag, and start it again with the address that it has.
   * - `remount`: take the tag out of the page (`wx:if`), and put a new one in, with the same address.
   * - `stop`: switch camera and microphone off. It comes when a stream of this client is no longer pushed: the room is
   *   gone, or the stream ended or failed.
   */
  action: 'start' | 'play-again' | 'remount' | 'stop';
  /** With `play-again`: milliseconds between stopping and starting; 0 means at once. With other actions: 0. */
  delay: number;
  /** A number that grows with each order of a Client, so that two orders are never equal. */
  sequence: number;
  /** The policy that `init` was given. */
  background: BackgroundPolicy;
}

export interface Failure {
  /** One of {@link ERROR_CODES}, or a WebSocket close code. */
  code: number;
  /** One English sentence that says what went wrong. */
  reason: string;
}

export interface ConnectionStateChange {
  current: ConnectionState;
  previous: ConnectionState;
  reason: string;
}

/** The whole token, or its right to publish or to subscribe, is about to end. */
export interface TokenWillExpire {
  /** Seconds until the end, by the gateway's clock. */
  expiresIn: number;
  /** What ends. */
  scope: 'token' | 'publish' | 'subscribe';
}

/** The payload that the listeners of each event receive. */
export interface EventPayloads {
  'stream-added': StreamAdded;
  'stream-removed': StreamReference;
  'update-url': StreamUrl;
  'stream-failed': StreamFailed;
  'mute-audio': StreamReference;
  'unmute-audio': StreamReference;
  'mute-video': StreamReference;
  'unmute-video': StreamReference;
  '@room/client-banned': { reason: string };
  'peer-online': Peer;
  'peer-leave': Peer;
  error: Failure;
  disconnect: Failure;
  close: Failure;
  'connection-state-changed': ConnectionStateChange;
  'token-will-expire': TokenWillExpire;
  'stream-control': StreamControl;
}

export type EventName = keyof EventPayloads;
export type Listener<E> = E extends EventName ? (payload: EventPayloads[E]) => void : (...values: any[]) => void;
/** The name of an event of the SDK, or any other name that the application itself emits on a client. */
export type AnyEvent = EventName | (string & {}) | symbol;

/** Listeners run one after the other. If a listener throws, the SDK reports it on the console and runs the others. */
export interface Emitter {
  on<E extends AnyEvent>(event: E, listener: Listener<E>, context?: unknown): this;
  once<E extends AnyEvent>(event: E, listener: Listener<E>, context?: unknown): this;
  /** Removes the listener; without `listener`, removes all listeners of the event. */
  off<E extends AnyEvent>(event: E, listener?: Listener<E>): this;
  addListener<E extends AnyEvent>(event: E, listener: Listener<E>, context?: unknown): this;
  removeListener<E extends AnyEvent>(event: E, listener?: Listener<E>): this;
  removeAllListeners(event?: AnyEvent): this;
  /** @returns whether the event had listeners */
  emit<E extends AnyEvent>(event: E, ...values: Parameters<Listener<E>>): boolean;
  listeners<E extends AnyEvent>(event: E): Listener<E>[];
  listenerCount(event: AnyEvent): number;
  eventNames(): (string | symbol)[];
}

/**
 * A native event of `live-pusher` or `live-player`, or such an event as `v-pusher` or `v-player` passed it on.
 * Every `report…` method takes the event in place of the separate values.
 */
export interface NativeEvent {
  detail: any;
}

/**
 * A user's presence in one room.
 *
 * Every asynchronous method returns a promise that rejects only with {@link RtcError}, and takes `onSuccess` and
 * `onFailure` as well. Calls that the page makes while the module loads wait, and run in their order. Call `init`
 * first: all other calls before `init` fail with `NOT_INITED`.
 */
export class Client implements Emitter {
  constructor();

  /** Options that every `init` starts from. If `app.js` sets them once, pages need only `init(appId)`. */
  static defaults: InitOptions;

  /** `idle` before the first `join` and after `leave`. */
  readonly state: ConnectionState;

  /**
   * Loads the module and finds the gateways. After a failure the page may call `init` again.
   * Errors: `HAS_INITED`, `INVALID_PARAMS`, `GET_CONFIG_ERROR`, `NO_WEBSOCKET_URL`, `CORE_FAILED`.
   */
  init(appId: string, options?: InitOptions, onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;
  init(appId: string, onSuccess: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Leaves the room, if the client is in one, and ends the client for good. The promise never rejects. Call `destroy`
   * in the page's `onUnload`. If the page does not, the client leaves the room one second later; see
   * {@link InitOptions.outlivesPage}.
   */
  destroy(onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /** Tags the client for the application's accounting. The tag takes effect at the next `join`. Resolves with true. */
  setBusinessId(businessId: string, onSuccess?: OnSuccess<boolean>, onFailure?: OnFailure): Promise<boolean>;

  /**
   * Enters a room. Resolves with `userId`.
   * Errors: `INVALID_PARAMS`, `ALREADY_IN_ROOM`, `CONNECTING`, `JOIN_ROOM_ERROR` (token, room full, …),
   * `WEBSOCKET_FAILED`, `SIGNALING_TIMEOUT`.
   */
  join(
    token: string,
    roomId: string,
    userId: string,
    onSuccess?: OnSuccess<string>,
    onFailure?: OnFailure,
  ): Promise<string>;

  /** Leaves the room. Outside of a room the call resolves and does nothing. */
  leave(onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Publishes camera and microphone. Resolves with the URL for `live-pusher`.
   * Errors: `NOT_IN_ROOM`, `ALREADY_PUBLISHED`, `PUBLISH_ERROR`, `SIGNALING_TIMEOUT`.
   */
  publish(onSuccess?: OnSuccess<string>, onFailure?: OnFailure): Promise<string>;

  /** Ends the published stream. Errors: `NOT_IN_ROOM`, `NOT_PUBLISHED`, `UNPUBLISH_ERROR`. */
  unpublish(onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Subscribes to a stream, usually on `STREAM_ADDED`. Resolves with the URL for `live-player`.
   * Errors: `NOT_IN_ROOM`, `UID_NOT_FOUND`, `STREAM_ID_NOT_FOUND`, `SUBSCRIBE_FAILED`.
   */
  subscribe(
    uid: string,
    options?: SubscribeOptions | null,
    onSuccess?: OnSuccess<string>,
    onFailure?: OnFailure,
  ): Promise<string>;
  subscribe(uid: string, onSuccess: OnSuccess<string>, onFailure?: OnFailure): Promise<string>;

  /** Ends a subscription. Errors: `NOT_IN_ROOM`, `UID_NOT_FOUND`, `STREAM_ID_NOT_FOUND`, `UNSUBSCRIBE_FAILED`. */
  unsubscribe(
    uid: string,
    options?: UnsubscribeOptions | null,
    onSuccess?: OnSuccess<void>,
    onFailure?: OnFailure,
  ): Promise<void>;
  unsubscribe(uid: string, onSuccess: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Tells the room which tracks of the published stream are off. It does not stop the capture: the properties
   * `enable-mic` and `enable-camera` of the pusher do.
   * Errors: `NOT_IN_ROOM`, `NOT_PUBLISHED`, `MUTE_LOCAL_ERROR`.
   */
  muteLocal(options: MuteLocalOptions, onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Pauses or resumes tracks of a subscribed stream, for this client alone.
   * Errors: `NOT_IN_ROOM`, `UID_NOT_FOUND`, `STREAM_ID_NOT_FOUND`, `MUTE_REMOTE_ERROR`.
   */
  muteRemote(
    uid: string,
    options: MuteRemoteOptions,
    onSuccess?: OnSuccess<void>,
    onFailure?: OnFailure,
  ): Promise<void>;

  /** Shows the user to the room (true) or hides the user (false). A hidden user may subscribe but not publish. */
  setUserVisibility(enable: boolean, onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Replaces the token of the present room before the token ends. Not in the vendor's SDK.
   * Errors: `NOT_IN_ROOM`, `JOIN_ROOM_ERROR` (a token for another room or user), `CONNECTING` (another `updateToken`
   * waits).
   */
  updateToken(token: string, onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Takes `detail.code` and `detail.message` of `live-pusher`'s `bindstatechange`, or `detail.errCode` and
   * `detail.errMsg` of its `binderror` (10001: camera refused, 10002: microphone refused), or either event as a whole.
   */
  reportPusherStateChange(code: number, message?: string): void;
  reportPusherStateChange(event: NativeEvent): void;

  /** Takes `detail.info` of `live-pusher`'s `bindnetstatus`, or the event as a whole. */
  reportPusherNetStatusChange(info: NetStatus): void;

  /**
   * Takes `detail.code` and `detail.message` of `live-player`'s `bindstatechange`, or the event as a whole. `screen`
   * says which stream of the user; absent means the camera.
   */
  reportPlayerStateChange(uid: string, code: number, message?: string, screen?: ScreenFlag): void;
  reportPlayerStateChange(uid: string, event: NativeEvent): void;
  reportPlayerStateChange(event: NativeEvent): void;

  /** Takes `detail.info` of `live-player`'s `bindnetstatus`, or the event as a whole. */
  reportPlayerNetStatusChange(uid: string, info: NetStatus, screen?: ScreenFlag): void;
  reportPlayerNetStatusChange(event: NativeEvent): void;

  /** Called by `JSON.stringify`, so that page data may hold a client. */
  toJSON(): { state: ConnectionState };
}
/**
 * WeChat's measurements: an object. WeChat's own typings (miniprogram-api-typings 5.2.3) declare the names of its
 * fields instead.
 */
export type NetStatus =
  | object
  | 'videoBitrate'
  | 'audioBitrate'
  | 'videoFPS'
  | 'videoGOP'
  | 'netSpeed'
  | 'netJitter'
  | 'videoWidth'
  | 'videoHeight';
/** `true`, `1` and `'1'` name a screen stream. */
export type ScreenFlag = boolean | 0 | 1 | '0' | '1';
export interface Client extends Emitter {}

export const EVENTS: {
  readonly STREAM_ADDED: 'stream-added';
  readonly STREAM_REMOVED: 'stream-removed';
  readonly UPDATE_URL: 'update-url';
  readonly STREAM_FAILED: 'stream-failed';
  readonly MUTE_AUDIO: 'mute-audio';
  readonly UNMUTE_AUDIO: 'unmute-audio';
  readonly MUTE_VIDEO: 'mute-video';
  readonly UNMUTE_VIDEO: 'unmute-video';
  /** The gateway put the user out: the same user joined again elsewhere, or the token ended. */
  readonly CLIENT_BANNED: '@room/client-banned';
  readonly PEER_ONLINE: 'peer-online';
  readonly PEER_LEAVE: 'peer-leave';
  /**
   * No gateway could be reached. While `state` is `reconnecting`: the socket of a call broke, and the first attempt to
   * come back failed; it is told once, and the client goes on trying. With the code `CORE_FAILED`: the client itself
   * failed, and the page needs a new one.
   */
  readonly ERROR: 'error';
  /** The socket closed with a code other than 1000. */
  readonly DISCONNECT: 'disconnect';
  /** The socket closed. */
  readonly CLOSE: 'close';
  /** Not in the vendor's SDK. The client's `state` changed. */
  readonly CONNECTION_STATE_CHANGED: 'connection-state-changed';
  /** Not in the vendor's SDK. Fetch a new token and hand it to `updateToken`. */
  readonly TOKEN_WILL_EXPIRE: 'token-will-expire';
  /**
   * Not in the vendor's SDK. An order to the native tag of a stream, to repair or to end it: give the payload to the
   * property `control` of the stream's `v-pusher` or `v-player`. If no page listens, a broken stream gets a new URL at
   * once (`UPDATE_URL`). If a listener does nothing, the stream gets one later.
   */
  readonly STREAM_CONTROL: 'stream-control';
};

export const ERROR_CODES: {
  /** An argument does not satisfy the method. */
  readonly INVALID_PARAMS: 100001;
  readonly NOT_IN_ROOM: 100002;
  readonly ALREADY_IN_ROOM: 100003;
  /** A join is under way. */
  readonly CONNECTING: 100004;
  readonly ALREADY_PUBLISHED: 100005;
  readonly NOT_PUBLISHED: 100006;
  readonly UID_NOT_FOUND: 100007;
  readonly HAS_INITED: 100008;
  /** Not in the vendor's SDK: a call before `init` or after `destroy`. */
  readonly NOT_INITED: 100011;
  readonly STREAM_ID_NOT_FOUND: 200001;
  /** `configUrl` could not be read. */
  readonly GET_CONFIG_ERROR: 200002;
  /** The vendor's spelling of `NO_WEBSOCKET_URL`. */
  readonly NO_WEBSOCLET_URL: 200003;
  readonly NO_WEBSOCKET_URL: 200003;
  /** Not in the vendor's SDK: the WASM module could not be loaded, or failed while it ran. */
  readonly CORE_FAILED: 200005;
  readonly SUBSCRIBE_FAILED: 300001;
  readonly UNSUBSCRIBE_FAILED: 300002;
  /** The vendor's spelling of `MUTE_LOCAL_ERROR`. */
  readonly MUTE_LOCAL_ERRO: 300003;
  readonly MUTE_LOCAL_ERROR: 300003;
  readonly MUTE_REMOTE_ERROR: 300004;
  readonly LEAVE_ERROR: 300005;
  readonly PUBLISH_ERROR: 300006;
  /** The vendor's spelling of `UNPUBLISH_ERROR`. */
  readonly UNPUBLISH_ERRO: 300007;
  readonly UNPUBLISH_ERROR: 300007;
  readonly JOIN_ROOM_ERROR: 300008;
  /** The gateway did not answer in 3 s. */
  readonly SIGNALING_TIMEOUT: 300009;
  readonly WEBSOCKET_NOT_CONNECTED: 300010;
  readonly WEBSOCKET_FAILED: 500001;
};

/** Version of this package. */
export const version: string;

/** `Client`, `EVENTS`, `ERROR_CODES` and `version` as one value, for `import RTC from 'miniapp-rtc'`. */
declare const RTC: {
  readonly Client: typeof Client;
  readonly EVENTS: typeof EVENTS;
  readonly ERROR_CODES: typeof ERROR_CODES;
  readonly version: string;
};
export default RTC;
