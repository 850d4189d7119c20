/** How mpegts.js gets a copy of media: over a WebSocket that may be given up at any time, also before it is open. */

const { BaseLoader, LoaderErrors, LoaderStatus } = globalThis.mpegts;

export class MediaLoader extends BaseLoader {
  #socket = null;
  #received = 0;

  constructor() {
    super('media-loader');
    this._needStash = true;
  }

  open({ url }) {
    const socket = new WebSocket(url);
    this.#socket = socket;
    this._status = LoaderStatus.kConnecting;
    socket.binaryType = 'arraybuffer';
    // What a socket tells after it was given up is nobody's.
    const own = (listener) => (event) => this.#socket === socket && listener(event);
    socket.addEventListener(
      'open',
      own(() => {
        this._status = LoaderStatus.kBuffering;
      }),
    );
    socket.addEventListener(
      'message',
      own(({ data }) => {
        const start = this.#received;
        this.#received += data.byteLength;
        this._onDataArrival?.(data, start, this.#received);
      }),
    );
    socket.addEventListener(
      'error',
      own(() => {
        this.#socket = null;
        this._status = LoaderStatus.kError;
        this._onError?.(LoaderErrors.EXCEPTION, { code: -1, msg: 'the copy has ended' });
      }),
    );
    socket.addEventListener(
      'close',
      own(() => {
        this.#socket = null;
        this._status = LoaderStatus.kComplete;
        this._onComplete?.(0, this.#received - 1);
      }),
    );
  }

  abort() {
    const socket = this.#socket;
    this.#socket = null;
    this._status = LoaderStatus.kComplete;
    // A browser complains of a socket that is closed before it is open.
    if (socket?.readyState === WebSocket.CONNECTING) socket.addEventListener('open', () => socket.close());
    else socket?.close();
  }

  destroy() {
    this.abort();
    super.destroy();
  }
}
