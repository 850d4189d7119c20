/** The glue that wasm-bindgen generated, as a factory; see `../glue-factory.mjs`. */
declare module '#core' {
  const createGlue: (standIns: {
    WebSocket: object;
    TextEncoder: object;
    TextDecoder: object;
    setTimeout: (run: () => void, delay?: number) => number;
    queueMicrotask: (run: () => void) => void;
    globalThis: object;
  }) => Glue;
  export default createGlue;
}

interface Glue {
  Core: new (host: CoreHost, seed: number) => Core;
  __wbg_set_wasm(exports: object): void;
}

/** The door of the WASM module: `Core` in `src/wasm.rs` of the repository. */
interface Core {
  /** The host's `settle` tells the outcome, under this number. */
  call(call: number, method: string, args: object): void;
  /** Returns why the arguments could not be read; `undefined` where they could. */
  report(method: string, args: object): string | undefined;
  notify(signal: string): void;
  state(): string;
}

/** Whoever made the core. It only queues what it is told: the module is running. */
interface CoreHost {
  emit(event: string, payload: object): void;
  /** `value` is what the call gives, or `{ code, reason, gatewayCode? }`. */
  settle(call: number, isFulfilled: boolean, value: any): void;
  log(level: string, message: string): void;
}

/** From package.json, put in by build.mjs. */
declare const __VERSION__: string;

/** Where the module may lie, counted from the root of the code package, the likeliest first. Put in by build.mjs. */
declare const __PLACES__: string[];
