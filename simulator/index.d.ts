/** Runs real WeChat mini-program code in Node, without WeChat. README.md says what of an app runs, and how strictly. */

/** The switches of a phone. `README.md` and `options.js` say what each does; an unknown one is refused. */
export interface PhoneOptions {
  /** Folder of the mini-program: it holds app.json, or a project.config.json that names the folder that does. */
  root: string;
  /** Name of the device, for events and logs; also what its camera shows. */
  name: string;
  platform: 'android' | 'ios' | 'devtools';
  /** Base library version that system info reports. */
  sdkVersion: string;
  globalThis: boolean;
  functionReturnThis: boolean;
  finalizationRegistry: boolean;
  bigInt: boolean;
  queueMicrotask: boolean;
  wxWebAssembly: boolean;
  /** Promise reactions as macrotasks, as WeChat on iOS 15 and below has them. */
  macrotaskPromise: boolean;
  memoryGrowDetaches: boolean;
  instanceShape: 'wrapped' | 'bare';
  /** The domain check of a released mini-program, against the two lists. */
  urlCheck: boolean;
  socketDomains: string[];
  requestDomains: string[];
  connectFailure: 'error+close' | 'error' | 'close';
  closeCodes: 'exact' | 'always1005';
  /** Milliseconds from `hide()` until JavaScript is frozen and sockets are cut. */
  backgroundFreezeMs: number;
  backgroundOnClose: boolean;
  viewPausedInBackground: boolean;
  permissions: { camera: boolean; record: boolean };
  /** Path of the ffmpeg program. */
  ffmpeg: string;
  native: Partial<NativeOptions>;
  /** Gets every event, from the first one on. */
  log: ((event: PhoneEvent) => void) | undefined;
  /** What the events `send` and `message` of a socket tell of a text, as field `frame`; by default nothing. */
  readFrame: ((text: string, sent: boolean) => object | undefined) | undefined;
  /** Gets what a live-pusher encodes and a live-player receives; null: what follows begins anew. */
  onMedia: ((element: object, tag: MediaTag | null) => void) | undefined;
}

/** What the media tags are made of. */
export interface NativeOptions {
  width: number;
  height: number;
  fps: number;
  /** `0xRRGGBB` of the bar in this phone's picture; by default from its name. */
  color: string | undefined;
  /** The picture in front of the camera, as a graph of ffmpeg's filters; `SIZE` stands for its size. */
  picture: string | undefined;
  /** The sound at the microphone, as such a graph; `RATE` stands for its samples per second. */
  sound: string | undefined;
  /** Reconnects before -1307 and -2301, and the pause between two of them. */
  retries: number;
  retryMs: number;
  /** Milliseconds without progress until a connection counts as dead. */
  stallMs: number;
  netStatusMs: number;
  numbersAsStrings: boolean;
  pusherCodeOrder: 'capture-first' | 'connect-first';
  resumeAfterSuspend: boolean;
  endTold: boolean;
}

/** A tag of FLV, without its header. */
export interface MediaTag {
  kind: 'audio' | 'video' | 'other';
  /** Milliseconds. */
  timestamp: number;
  /** A decoder configuration, not a frame. */
  config: boolean;
  /** A video frame that decoding can start from. */
  key: boolean;
  body: Uint8Array;
}

/** Something that happened on a phone; `kind` says which further members there are, as README.md lists them. */
export interface PhoneEvent {
  kind:
    | 'native'
    | 'netstatus'
    | 'frames'
    | 'socket'
    | 'request'
    | 'console'
    | 'fault'
    | 'page'
    | 'app'
    | 'network'
    | 'ui'
    | 'setData';
  phone: string;
  /** Milliseconds since the phone's start. */
  at: number;
  [member: string]: any;
}

/** What the app did wrong. */
export interface Fault {
  kind: string;
  message: string;
  where?: string;
  stack?: string;
}

/** Counters of one played stream. */
export interface PlayCounters {
  /** Without query and credentials. */
  url: string;
  videoFrames: number;
  audioFrames: number;
  changedPictures: number;
  silentAudioFrames: number;
  /** Milliseconds from play to the first decoded picture; null before it. */
  firstFrameMs: number | null;
  connects: number;
  playing: boolean;
}

/** Counters at one moment. */
export interface Stats {
  pusher: {
    url: string | null;
    running: boolean;
    publishing: boolean;
    videoFrames: number;
    audioFrames: number;
    bytes: number;
    publishes: number;
    firstPublishMs: number | null;
  } | null;
  /** By `streamHash` of the address. */
  players: Record<string, PlayCounters>;
  sockets: number;
  requests: number;
  timers: number;
  setDataCalls: number;
  setDataBytes: number;
}

/** One node of a page. */
export interface NodeHandle {
  readonly tag: string;
  readonly id: string;
  readonly dataset: Record<string, any>;
  /** Data and properties, as a plain copy. */
  readonly data: Record<string, any>;
  /** The component's instance, as `selectComponent` gives it. */
  readonly instance: any;
  readonly attached: boolean;
  find(selector: string): NodeHandle | null;
  findAll(selector: string): NodeHandle[];
  text(): string;
  tap(): void;
  /** A whole text into an input or a textarea. */
  input(value: string): void;
  trigger(event: string, detail?: object, options?: object): void;
}

/** The page on top. */
export interface PageHandle {
  path: string;
  query: Record<string, string>;
  instance: any;
  /** A plain copy. */
  readonly data: Record<string, any>;
  find(selector: string): NodeHandle | null;
  findAll(selector: string): NodeHandle[];
  text(): string;
  /** Calls a method of the page as the app itself would. */
  call(method: string, ...parameters: any[]): any;
}

/** One simulated device that runs one mini-program. */
export class Phone {
  private constructor();
  /** Starts a phone: loads the package and runs app.js. No page is open yet. */
  static boot(options: Partial<PhoneOptions> & { root: string }): Promise<Phone>;
  readonly name: string;
  readonly visible: boolean;
  readonly closed: boolean;
  /** What the app did wrong; a test asserts that the list is empty. */
  readonly faults: Fault[];
  readonly setDataLog: { is: string; bytes: number; keys: string[] }[];
  readonly consoleLog: { level: string; message: string }[];
  /** The page on top, null before the first one. */
  readonly page: PageHandle | null;
  /** The object given to `App()`. */
  readonly app: any;
  /** Opens a page by its address; resolves after its `onReady`. */
  open(address: string): Promise<void>;
  /** @returns how to stop listening */
  onEvent(listener: (event: PhoneEvent) => void): () => boolean;
  hide(): void;
  show(): void;
  setNetwork(
    network: { isConnected?: boolean; networkType?: string; weakNet?: boolean },
    how?: { cut?: 'close' | 'silent' | 'none' },
  ): void;
  /**
   * Puts something else in front of camera and microphone: inputs of ffmpeg, each with its options; null: the test
   * picture.
   */
  setSource(source: { video: string[]; audio: string[] } | null): void;
  /** Lets the network take less of what is pushed, in kbit/s; null: everything. */
  setUplink(kbps: number | null): void;
  cutSockets(how?: { silent?: boolean }): void;
  cutMedia(): void;
  setPermissions(permissions: { camera?: boolean; record?: boolean }): void;
  audioInterruption(edge: 'begin' | 'end'): void;
  /** Lets a tag of the page on top say a code; what the code says also happens. */
  injectCode(target: 'pusher' | 'player' | { uid: string; screen?: boolean }, code: number, message?: string): void;
  memoryWarning(level: number): void;
  stats(): Stats;
  /** Names that the app put on the global object. */
  addedGlobals(): string[];
  /** Waits until the predicate gives something true; rejects after so many milliseconds, naming `what`. */
  waitFor<T>(predicate: () => T, milliseconds: number, what: string): Promise<NonNullable<T>>;
  close(): Promise<void>;
  /** As `close`, but the app is not told. */
  kill(): Promise<void>;
}

/** The files of a package, by package path. */
export class PackageFiles {
  constructor(root: string);
  readonly root: string;
  has(path: string): boolean;
  text(path: string): string;
  bytes(path: string): Uint8Array;
  json(path: string): any;
  list(path: string): string[] | null;
  diskPath(path: string): string | null;
}

/** The JavaScript side of WeChat alone: realm, modules, timers, WXWebAssembly. For tests of the simulator itself. */
export class AppService {
  constructor(parts: object);
  [member: string]: any;
}

/** @returns why a module is not WebAssembly 1.0 plus mutable globals, null when it is */
export function whyNotMvp(bytes: Uint8Array): Promise<string | null>;
/** Names a stream in stats and events. */
export function streamHash(url: string): string;
/** How many child processes run now, of all phones. */
export function liveProcesses(): number;
/** The options with their defaults; throws for an unknown one. */
export function completeOptions(given: Partial<PhoneOptions> & { root: string }): PhoneOptions;
/** The same text, with the query of every URL in it shown as `***`. */
export function redact(value: unknown): string;
