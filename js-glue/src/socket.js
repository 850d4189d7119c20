import { messageOf } from './error.js';
import { connectSocket } from '#platform/network.js';
import { TextEncoder } from '#platform/text.js';

/**
 * A WebSocket class over the platform's sockets, as `wx.connectSocket` gives them: the part of the web's interface that
 * tokio-tungstenite-wasm uses, and the order of events that it relies on. A socket that ends before it opens fires
 * `error` and then `close`, each once; the static property `cause` says why. Handlers never run inside a call that the
 * module makes, only later and by `enter`.
 *
 * @param {(run: () => void) => void} enter calls into the module, and handles what the module throws
 * @param {Set<{ close(): void }>} sockets holds each socket from its birth until its end
 */
export function createWebSocketClass(enter, sockets) {
  class WebSocket {
    /**
     * @param {string} url
     * @param {string} [protocol]
     */
    constructor(url, protocol) {
      this.readyState = CONNECTING;
      this.bufferedAmount = 0;
      /** @type {((event: object) => void) | null} */
      this.onopen = this.onmessage = this.onerror = this.onclose = null;
      this._opened = false;
      this._later = (run) => Promise.resolve().then(() => enter(run));
      this._end = (code, reason, failed) => this._later(() => end(this, sockets, code, reason, failed));
      this._fail = (error) => this._end(ABNORMAL, messageOf(error), true);
      /** @type {any} */
      this._task = undefined;
      sockets.add(this);
      try {
        adopt(this, connectSocket({ url, protocols: protocol ? [protocol] : [], tcpNoDelay: true, fail: this._fail }));
      } catch (thrown) {
        this._fail(thrown);
      }
    }

    /** @param {string | Uint8Array} data */
    send(data) {
      const size = data.length;
      if (this.readyState !== OPEN) throw new Error('the socket is not open');
      if (this.bufferedAmount + size > SEND_LIMIT) throw new Error('the send buffer is full');
      this.bufferedAmount += size;
      this._task.send({
        // A view into WASM memory is valid only during this call.
        data: typeof data === 'string' ? data : data.slice().buffer,
        success: () => {
          this.bufferedAmount -= size;
        },
        fail: this._fail,
      });
    }

    /**
     * @param {number} [code]
     * @param {string} [reason] cut to the 123 bytes that a close frame holds
     */
    close(code = 1000, reason = '') {
      if (this.readyState > OPEN) return;
      this.readyState = CLOSING;
      shut(this, code, reason);
      // WeChat does not always answer a close, so its answer is not waited for.
      this._end(code, reason, false);
    }
  }
  /** @type {string | undefined} why the socket that failed last did */
  WebSocket.cause = undefined;
  return WebSocket;
}

/**
 * @param {any} socket
 * @param {any} task what connectSocket gave: a SocketTask, a wrapper's promise of one, or nothing
 */
function adopt(socket, task) {
  if (task && task.onOpen) {
    socket._task = task;
    listen(socket, task);
    if (socket.readyState > OPEN) shut(socket, 1000, '');
  } else if (task && task.then) {
    task.then((inner) => adopt(socket, inner), socket._fail);
  } else {
    // WeChat may give nothing when it refuses; its own words come by `fail` then.
    setTimeout(socket._fail, FAIL_DEADLINE, 'wx.connectSocket gave no SocketTask; does something wrap or replace it?');
  }
}

function listen(socket, task) {
  task.onOpen(() => socket._later(() => open(socket)));
  task.onMessage((message) => socket._later(() => receive(socket, message.data)));
  task.onError(socket._fail);
  task.onClose((close) => socket._end((close && close.code) || NO_STATUS, (close && close.reason) || '', false));
}

function open(socket) {
  // A task that was closed while it connected may open all the same.
  if (socket.readyState > OPEN) shut(socket, 1000, '');
  if (socket.readyState !== CONNECTING) return;
  socket.readyState = OPEN;
  socket._opened = true;
  dispatch(socket, 'onopen', {});
}

function receive(socket, data) {
  if (socket.readyState === OPEN) dispatch(socket, 'onmessage', { data });
}

function end(socket, sockets, code, reason, failed) {
  if (socket.readyState === CLOSED) return;
  if (failed) shut(socket, 1000, '');
  socket.readyState = CLOSED;
  sockets.delete(socket);
  if (failed || !socket._opened) {
    socket.constructor.cause = reason || 'the socket closed before it opened';
    dispatch(socket, 'onerror', {});
  }
  dispatch(socket, 'onclose', { code, reason });
}

function dispatch(socket, handler, event) {
  if (socket[handler]) socket[handler](event);
}

function shut(socket, code, reason) {
  let fitting = reason.slice(0, REASON_LIMIT);
  while (new TextEncoder().encode(fitting).length > REASON_LIMIT) fitting = fitting.slice(0, -1);
  try {
    socket._task.close({ code, reason: fitting, fail() {} });
  } catch (_) {
    // The task never came to be, or is gone already.
  }
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** Close codes of RFC 6455, section 7.4.1. */
const NO_STATUS = 1005;
const ABNORMAL = 1006;

/** Characters waiting in WeChat. Signaling frames are a few hundred: this much waiting means that nothing leaves. */
const SEND_LIMIT = 1 << 20;
const REASON_LIMIT = 123;
/** So long WeChat has to say why it refused. */
const FAIL_DEADLINE = 1000;
