/**
 * A phone without a screen and a gateway without a network: just enough of WeChat for the built SDK to run in any
 * engine, with a clock that stands still until it is moved. What is measured on it is the SDK alone.
 */

/** A token of the golden vectors, and what it is for. */
export const PASS = {
  app: '0123456789abcdef01234567',
  room: 'room-1',
  user: 'user-1',
  token:
    '0010123456789abcdef01234567PABOYbwAAPFTZYBCVWUGAHJvb20tMQYAdXNlci0xBQAAAIBCVWUBAIBCVWUCAIBCVWUDAIBCVWUEAIBCVWUg' +
    'AHimphXPe+LY/5k/rrC0fXeDGfaeaYHY9YyqghHZ+DPf',
};

/** The token is valid from here on for a day. */
const START_MS = 1700000000000;

export class StubPhone {
  /**
   * @param {string} script text of miniapp-rtc.min.js
   * @param {BufferSource} module bytes of miniapp-rtc.wasm
   */
  constructor(script, module) {
    this.now = START_MS;
    this.timers = new Map();
    this.nextTimer = 1;
    /** Takes what the client sends; see {@link StubGateway}. */
    this.gateway = new StubGateway();
    const names = {
      wx: { connectSocket: (options) => this.gateway.connect(options) },
      WXWebAssembly: {
        instantiate: (_path, imports) => {
          this.instance = new WebAssembly.Instance(new WebAssembly.Module(module), imports);
          return Promise.resolve({ instance: this.instance });
        },
      },
      setTimeout: (run, delay) => this.timers.set(this.nextTimer, { at: this.now + delay, run }) && this.nextTimer++,
      clearTimeout: (timer) => this.timers.delete(timer),
      Date: { now: () => this.now },
    };
    const own = { exports: {} };
    new Function('module', 'exports', ...Object.keys(names), script)(own, own.exports, ...Object.values(names));
    this.sdk = own.exports;
  }

  /** A client in the room. */
  async join() {
    const client = new this.sdk.Client();
    await client.init(PASS.app, { gateway: 'wss://gateway.test/v1' });
    await client.join(PASS.token, PASS.room, PASS.user);
    return client;
  }

  /**
   * Moves the clock, running each timer at its time.
   * @param {number} milliseconds
   * @param {() => Promise<void>} settle lets all that a timer started come to rest
   */
  async advance(milliseconds, settle) {
    const end = this.now + milliseconds;
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      const [timer, { at, run }] = due;
      this.timers.delete(timer);
      this.now = Math.max(this.now, at);
      run();
      await settle();
    }
    this.now = end;
    await settle();
  }

  /** Bytes of the module's memory. */
  get memoryBytes() {
    return this.instance.exports.memory.buffer.byteLength;
  }
}

/** Answers every request of one client at once, and tells of a room. */
class StubGateway {
  constructor() {
    this.offset = 0;
    this.sent = 0;
    this.heard = () => {};
  }

  connect() {
    const handlers = {};
    const on = (name) => (handler) => {
      handlers[name] = handler;
    };
    this.deliver = (text) => handlers.message({ data: text });
    void Promise.resolve().then(() => handlers.open({}));
    return {
      onOpen: on('open'),
      onMessage: on('message'),
      onError: on('error'),
      onClose: on('close'),
      close() {},
      send: ({ data, success }) => {
        this.sent += 1;
        void Promise.resolve().then(success);
        this.take(data);
      },
    };
  }

  take(text) {
    if (!text.includes('"id"')) return this.heard(text);
    const { id, m, p } = JSON.parse(text);
    const answer = JSON.stringify({ id, m, ok: this.answer(m, p) });
    void Promise.resolve().then(() => this.deliver(answer));
    return this.heard(text);
  }

  answer(method, parameters) {
    switch (method) {
      case 'join':
        return {
          session: 's1',
          secret: 'x',
          generation: 1,
          server_time: START_MS / 1000,
          ping_ms: 10000,
          resume_ms: 30000,
          limits: { frame_bytes: 65536, in_flight: 32 },
          snapshot: { epoch: 'e1', offset: this.offset, members: [], streams: [] },
        };
      case 'ping':
        return { offset: this.offset, server_time: START_MS / 1000 };
      case 'publish':
        return lease('s_me');
      case 'subscribe':
      case 'renew_url':
        return lease(`s_${parameters.user}`);
      default:
        return {};
    }
  }

  /** The text of the next event of the room. */
  event(ev, d) {
    this.offset += 1;
    return JSON.stringify({ ev, ep: 'e1', off: this.offset, d });
  }
}

function lease(stream) {
  const url = (scheme) => `${scheme}://media.test/live/${stream}?g=1&sign=5b1f5b1f5b1f5b1f5b1f5b1f5b1f5b1f`;
  const urls = [
    { transport: 'rtmp', url: url('rtmp') },
    { transport: 'flv', url: url('http') },
  ];
  return { stream, generation: 1, urls, expires_in: 300, renew_in: 180 };
}

/** A camera stream of a user. */
export function stream(user, audio = true, video = true) {
  return { stream: `s_${user}`, user, kind: 'camera', generation: 1, audio, video };
}

/** What `live-pusher` and `live-player` measure every two seconds. */
export function netStatus(netQualityLevel = 1) {
  return {
    videoBitrate: 812,
    audioBitrate: 46,
    videoFPS: 15,
    videoGOP: 2,
    netSpeed: 861,
    netJitter: 4,
    netQualityLevel,
    videoWidth: 368,
    videoHeight: 640,
    videoCache: 2,
    audioCache: 3,
    vDecCacheSize: 1,
    vSumCacheSize: 3,
    avPlayInterval: 24,
    avRecvInterval: 12,
  };
}
