/**
 * Audio and video calls for WeChat mini-programs.
 *
 * Media never passes through JavaScript: `publish` and `subscribe` resolve with URLs for `<live-pusher>` and
 * `<live-player>`, and what those tags report goes back through the `report…` methods.
 */

/** The error of every rejected promise and every `onFailure`. */
export interface RtcError extends Error {
  readonly name: 'RtcError';
  /** One of {@link ERROR_CODES}. */
  readonly code: number;
  /** One English sentence: what went wrong and what to do next. Holds no token and no signed address. */
  readonly reason: string;
  /** Where the gateway refused, or would have: the number of the refusal (`docs/protocol.md`, section 9), such as 4102 for an ended token, 4200 for a full room. */
  readonly gatewayCode?: number;
}

export type OnSuccess<T> = (value: T) => void;
export type OnFailure = (error: RtcError) => void;

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

/**
 * What happens while the mini-program is in the background. WeChat stops the camera there, freezes JavaScript after about
 * 5 s and then cuts sockets and pushing (WeChat's guide, "Running mechanism"). The tag is silent at once; others are told after 3.5 s,
 * by `MUTE_VIDEO`, `MUTE_AUDIO` or `STREAM_REMOVED` (of `leave` at once); after the return, what the page wanted is restored.
 *
 * - `keep-audio`: the picture is off; the sound goes on for as long as WeChat lets it.
 * - `mute`: picture and sound are off.
 * - `leave`: the room is left, and the pusher stopped; the page must join again.
 *
 * For `keep-audio` the pusher must bind `control`, or have `background-mute` false: it is silent in the background otherwise.
 */
export type BackgroundPolicy = 'keep-audio' | 'mute' | 'leave';

export interface InitOptions {
  /** Gateway address or addresses, `wss://host/v1`, the preferred first. */
  gateway?: string | string[];
  /** `https` address that serves `{"gateways":["wss://…"]}`; asked when `gateway` is not given. */
  configUrl?: string;
  /** Place of the `.wasm` or `.wasm.br` file, from the code package's root. Default: in `lib/` or `miniprogram_npm/miniapp-rtc/`. */
  wasmPath?: string;
  /**
   * For WeChats without `WXWebAssembly` (base library below 2.13.0), or where it fails: gives the module as JavaScript, or a promise
   * of it. Called only there, so that others do not load the file. Write the path as a literal, relative to your own file:
   * `() => require('../../lib/miniapp-rtc.fallback.js')`. Without it, `init` is refused there with `CORE_FAILED`.
   */
  fallback?: () => unknown;
  /** Kind of the addresses that `subscribe` resolves with. Default `rtmp`. */
  transport?: 'rtmp' | 'flv';
  /** What happens while the mini-program is in the background. Not in the vendor's SDK. Default `mute`. */
  background?: BackgroundPolicy;
  /**
   * Whether the call goes on when the last page that used the client has closed. Default false: the room is left a second later, so
   * that the page of a `redirectTo` can go on with the client. A client that is first used while no page is open outlives every page.
   * Not in the vendor's SDK.
   */
  outlivesPage?: boolean;
  /** The least severe messages that go to the console. Default `warn`. */
  logLevel?: LogLevel;
}

export interface SubscribeOptions {
  /** Default true. */
  audio?: boolean;
  /** Default true. */
  video?: boolean;
  /** The user's screen instead of the camera. Default false. */
  screen?: boolean;
}

export interface UnsubscribeOptions {
  /** Default false. */
  screen?: boolean;
}

/** True turns **off**. */
export interface MuteLocalOptions {
  audio: boolean;
  video: boolean;
}

/** True turns **off**. */
export interface MuteRemoteOptions {
  audio: boolean;
  video: boolean;
  /** Default false. */
  screen?: boolean;
}

/** `disconnected`: put out of the room, the way back was not found, or the client has ended. */
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
  /** Give it to the stream's pusher or player. The user may be the own one. */
  url: string;
}

/**
 * Nothing brings the stream back, and it is given up. If it is the own one, it is no longer published, and its tag was
 * stopped (`STREAM_CONTROL` with `stop`, before). The page may publish or subscribe again, and gets a new address.
 */
export interface StreamFailed extends StreamReference {
  /** One English sentence: what went wrong. */
  reason: string;
}

/** What the native tag of a stream is to do. `v-pusher` and `v-player` carry it out: bind it to their property `control`. */
export interface StreamControl extends StreamReference {
  /**
   * - `start`: of an own stream, before `publish` resolves: tells the pusher the background policy.
   * - `play-again`: stop the tag, and start it again with the address that it has.
   * - `remount`: take the tag out of the page (`wx:if`), and put a new one in, with the same address.
   * - `stop`: of an own stream that is no longer pushed (the room is gone, the stream ended or failed): camera and microphone
   *   go off.
   */
  action: 'start' | 'play-again' | 'remount' | 'stop';
  /** Milliseconds between stopping and starting, with `play-again`; 0 for at once. */
  delay: number;
  /** Grows within a Client, so that two equal orders differ. */
  sequence: number;
  background: BackgroundPolicy;
}

export interface Failure {
  /** One of {@link ERROR_CODES}, or a code of WeChat's socket. */
  code: number;
  reason: string;
}

export interface ConnectionStateChange {
  current: ConnectionState;
  previous: ConnectionState;
  reason: string;
}

/** What is about to end: the whole token, or its right to publish or to subscribe. */
export interface TokenWillExpire {
  /** Seconds until then, by the gateway's clock. */
  expiresIn: number;
  scope: 'token' | 'publish' | 'subscribe';
}

/** What the listeners of each event receive. */
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
/** Names of the SDK's events, and any other name that an application emits on a client itself. */
export type AnyEvent = EventName | (string & {}) | symbol;

/** Listeners run one after the other; one that throws is reported on the console and disturbs no other. */
export interface Emitter {
  on<E extends AnyEvent>(event: E, listener: Listener<E>, context?: unknown): this;
  once<E extends AnyEvent>(event: E, listener: Listener<E>, context?: unknown): this;
  /** Without a listener, removes all listeners of the event. */
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
 * A native event of `live-pusher` or `live-player`, or the same as `v-pusher` or `v-player` passed it on.
 * Every `report…` method takes it in place of the separate values.
 */
export interface NativeEvent {
  detail: any;
}

/**
 * A user's presence in one room.
 *
 * Every asynchronous method returns a promise, rejected only with {@link RtcError}, and takes `onSuccess` and `onFailure`
 * as well. Calls made before the module is loaded wait in line, in order. `init` comes first: other calls before it are
 * refused with `NOT_INITED`.
 */
export class Client implements Emitter {
  constructor();

  /** Options that every `init` starts from. Set them once in `app.js`, and pages need only `init(appId)`. */
  static defaults: InitOptions;

  readonly state: ConnectionState;

  /**
   * Loads the module and finds the gateways. After a failure it may be called again.
   * Errors: `HAS_INITED`, `INVALID_PARAMS`, `GET_CONFIG_ERROR`, `NO_WEBSOCKET_URL`, `CORE_FAILED`.
   */
  init(appId: string, options?: InitOptions, onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;
  init(appId: string, onSuccess: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Leaves the room, if in one, and ends the client for good. Never rejects. Call it in the page's `onUnload`. A page that does
   * not leaves the room all the same, a second later; see {@link InitOptions.outlivesPage}.
   */
  destroy(onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /** Tags the client for the application's accounting. Takes effect at the next `join`; resolves with true. */
  setBusinessId(businessId: string, onSuccess?: OnSuccess<boolean>, onFailure?: OnFailure): Promise<boolean>;

  /**
   * Enters a room; resolves with the own user id.
   * Errors: `INVALID_PARAMS`, `ALREADY_IN_ROOM`, `CONNECTING`, `JOIN_ROOM_ERROR` (token, room full, …), `WEBSOCKET_FAILED`,
   * `SIGNALING_TIMEOUT`.
   */
  join(
    token: string,
    roomId: string,
    userId: string,
    onSuccess?: OnSuccess<string>,
    onFailure?: OnFailure,
  ): Promise<string>;

  leave(onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Publishes camera and microphone; resolves with the URL for `live-pusher`.
   * Errors: `NOT_IN_ROOM`, `ALREADY_PUBLISHED`, `PUBLISH_ERROR`, `SIGNALING_TIMEOUT`.
   */
  publish(onSuccess?: OnSuccess<string>, onFailure?: OnFailure): Promise<string>;

  /** Errors: `NOT_IN_ROOM`, `NOT_PUBLISHED`, `UNPUBLISH_ERROR`. */
  unpublish(onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Subscribes to a stream, usually on `STREAM_ADDED`; resolves with the URL for `live-player`.
   * Errors: `NOT_IN_ROOM`, `UID_NOT_FOUND`, `STREAM_ID_NOT_FOUND`, `SUBSCRIBE_FAILED`.
   */
  subscribe(
    uid: string,
    options?: SubscribeOptions | null,
    onSuccess?: OnSuccess<string>,
    onFailure?: OnFailure,
  ): Promise<string>;
  subscribe(uid: string, onSuccess: OnSuccess<string>, onFailure?: OnFailure): Promise<string>;

  unsubscribe(
    uid: string,
    options?: UnsubscribeOptions | null,
    onSuccess?: OnSuccess<void>,
    onFailure?: OnFailure,
  ): Promise<void>;
  unsubscribe(uid: string, onSuccess: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Tells the room which own tracks are off. Capture itself is `enable-mic` and `enable-camera` of the pusher.
   * Errors: `NOT_PUBLISHED`, `MUTE_LOCAL_ERROR`.
   */
  muteLocal(options: MuteLocalOptions, onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /** Pauses tracks of a subscribed stream, for this client alone. Errors: `STREAM_ID_NOT_FOUND`, `MUTE_REMOTE_ERROR`. */
  muteRemote(
    uid: string,
    options: MuteRemoteOptions,
    onSuccess?: OnSuccess<void>,
    onFailure?: OnFailure,
  ): Promise<void>;

  /** Shows the user to the room, or hides it. Who is hidden may only subscribe. */
  setUserVisibility(enable: boolean, onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * Replaces the token of the room joined, before it ends. Not in the vendor's SDK. One at a time.
   * Errors: `NOT_IN_ROOM`, `JOIN_ROOM_ERROR` (a token for another room or user), `CONNECTING`.
   */
  updateToken(token: string, onSuccess?: OnSuccess<void>, onFailure?: OnFailure): Promise<void>;

  /**
   * `detail.code` and `detail.message` of `live-pusher`'s `bindstatechange`, `detail.errCode` and `detail.errMsg` of its
   * `binderror` (10001 camera refused, 10002 microphone refused), or either event.
   */
  reportPusherStateChange(code: number, message?: string): void;
  reportPusherStateChange(event: NativeEvent): void;

  /** `detail.info` of `live-pusher`'s `bindnetstatus`, or the event. */
  reportPusherNetStatusChange(info: NetStatus): void;

  /** `detail.code` and `detail.message` of `live-player`'s `bindstatechange`, or the event. `screen` says which stream. */
  reportPlayerStateChange(uid: string, code: number, message?: string, screen?: ScreenFlag): void;
  reportPlayerStateChange(uid: string, event: NativeEvent): void;
  reportPlayerStateChange(event: NativeEvent): void;

  /** `detail.info` of `live-player`'s `bindnetstatus`, or the event. */
  reportPlayerNetStatusChange(uid: string, info: NetStatus, screen?: ScreenFlag): void;
  reportPlayerNetStatusChange(event: NativeEvent): void;

  /** Keeps page data that holds a client serialisable. */
  toJSON(): { state: ConnectionState };
}
/** What WeChat measured. An object; WeChat's own typings (miniprogram-api-typings 5.2.3) declare it as the names of its fields. */
export type NetStatus =
  | object | 'videoBitrate' | 'audioBitrate' | 'videoFPS' | 'videoGOP' | 'netSpeed' | 'netJitter' | 'videoWidth' | 'videoHeight';
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
  /** A newer login of the same user took this one's place, or the gateway put the user out. */
  readonly CLIENT_BANNED: '@room/client-banned';
  readonly PEER_ONLINE: 'peer-online';
  readonly PEER_LEAVE: 'peer-leave';
  /** The socket failed; or, with `CORE_FAILED`, this client did, and a new one is needed. */
  readonly ERROR: 'error';
  /** The socket closed with a code other than 1000. */
  readonly DISCONNECT: 'disconnect';
  /** The socket closed. */
  readonly CLOSE: 'close';
  /** Not in the vendor's SDK. */
  readonly CONNECTION_STATE_CHANGED: 'connection-state-changed';
  /** Not in the vendor's SDK. Fetch a new token and hand it to `updateToken`. */
  readonly TOKEN_WILL_EXPIRE: 'token-will-expire';
  /**
   * Not in the vendor's SDK. The repair of a stream, and its end: hand the payload to the property `control` of its
   * `v-pusher` or `v-player`. Where nobody listens, a stream gets a new URL at once (`UPDATE_URL`); where a listener does nothing, later.
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
  /** Not in the vendor's SDK: the WASM module could not be loaded, or failed. */
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

/** The same four, for `import RTC from 'miniapp-rtc'`. */
declare const RTC: { readonly Client: typeof Client; readonly EVENTS: typeof EVENTS; readonly ERROR_CODES: typeof ERROR_CODES; readonly version: string };
export default RTC;
