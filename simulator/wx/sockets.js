/**
 * `wx.connectSocket`: SocketTasks on real WebSockets, at most five at once, with WeChat's ways of failing and closing.
 */

import WebSocket from 'ws';
import { redact } from '../redact.js';
import { tell } from './api.js';
import { isAllowedDomain } from './domains.js';

const MAX_SOCKETS = 5;
const LONGEST_TIMEOUT_MS = 60000;
const MAX_REASON_BYTES = 123;

/** What a SocketTask is told when its connection ends without a close frame, by platform. */
const ABNORMAL = {
  android: { code: 1006, reason: 'abnormal closure' },
  ios: { code: 1001, reason: 'Stream end encountered' },
  devtools: { code: 1006, reason: '' },
};

export class Sockets {
  #live = new Set();
  #nextId = 1;

  /**
   * @param {object} parts
   * @param {import('../app-service/app-service.js').AppService} parts.service
   * @param {import('../options.js').PhoneOptions} parts.options
   * @param {() => boolean} parts.isOnline
   * @param {(event: object) => void} parts.emit
   */
  constructor({ service, options, isOnline, emit }) {
    Object.assign(this, { service, options, isOnline, emit });
  }

  get count() {
    return this.#live.size;
  }

  /** @returns {object} SocketTask */
  connect(given) {
    if (given === null || typeof given !== 'object') throw new TypeError('connectSocket needs an options object');
    const task = new SocketTask(this, this.#nextId, given);
    this.#nextId += 1;
    const refusal = this.#refusal(given);
    if (refusal) {
      task.state = 'closed';
      this.emit({ kind: 'socket', id: task.id, what: 'refused', url: redact(given.url), reason: refusal });
      tell(this.service, 'connectSocket', given, false, { errMsg: `connectSocket:fail ${refusal}` });
      return task.face();
    }
    this.#live.add(task);
    tell(this.service, 'connectSocket', given, true, { errMsg: 'connectSocket:ok', socketTaskId: String(task.id) });
    task.open();
    return task.face();
  }

  #refusal({ url, protocols }) {
    if (typeof url !== 'string' || !/^wss?:\/\//.test(url)) return `invalid url "${redact(url)}"`;
    if (protocols !== undefined && !(Array.isArray(protocols) && protocols.every((name) => typeof name === 'string'))) {
      return 'parameter error: protocols should be an Array of strings';
    }
    if (this.options.urlCheck && !isAllowedDomain(url, 'wss:', this.options.socketDomains))
      return 'url not in domain list';
    if (this.#live.size >= MAX_SOCKETS) return 'createSocketTask:fail exceed max concurrent count';
    if (this.service.frozen) return 'interrupted';
    return null;
  }

  forget(task) {
    this.#live.delete(task);
  }

  /**
   * Ends every connection under the app's feet.
   * @param {{ silent?: boolean, code?: number, reason?: string }} [how] silent: no onClose, the task still looks open
   *   and swallows what is sent
   */
  cut({ silent = false, code, reason } = {}) {
    for (const task of [...this.#live]) task.cut({ silent, code, reason });
  }

  closeAll() {
    for (const task of [...this.#live]) task.kill();
    this.#live.clear();
  }
}

class SocketTask {
  #handlers = { open: [], message: [], close: [], error: [] };
  #socket;
  #dead = false;

  constructor(owner, id, given) {
    Object.assign(this, { owner, id, given, state: 'connecting' });
    this.platform = owner.options.platform;
  }

  face() {
    const on = (kind) => (callback) => {
      this.#handlers[kind].push(callback);
    };
    return {
      onOpen: on('open'),
      onMessage: on('message'),
      onClose: on('close'),
      onError: on('error'),
      send: (given) => this.send(given ?? {}),
      close: (given) => this.close(given ?? {}),
    };
  }

  open() {
    const { owner, given } = this;
    this.startedAt = Date.now();
    if (!owner.isOnline()) {
      this.#failed('network is down');
      return;
    }
    const timeout = Math.min(given.timeout ?? LONGEST_TIMEOUT_MS, LONGEST_TIMEOUT_MS);
    const headers = { ...given.header };
    for (const name of Object.keys(headers)) if (name.toLowerCase() === 'referer') delete headers[name];
    let socket;
    try {
      socket = new WebSocket(given.url, given.protocols ? [...given.protocols] : [], {
        headers,
        handshakeTimeout: timeout,
        perMessageDeflate: given.perMessageDeflate === true,
      });
    } catch (error) {
      this.#failed(error.message);
      return;
    }
    this.#socket = socket;
    socket.binaryType = 'nodebuffer';
    socket.on('upgrade', (response) => {
      this.header = response.headers;
    });
    socket.on('open', () => this.#opened());
    socket.on('message', (data, binary) => this.#message(data, binary));
    socket.on('error', (error) => {
      this.lastError = error.message;
    });
    socket.on('close', (code, reason) => this.#ended(code, reason.toString('utf8')));
  }

  #event(what, fields) {
    this.owner.emit({ kind: 'socket', id: this.id, what, url: redact(this.given.url), ...fields });
  }

  #frame(data, isBinary, sent) {
    const { readFrame } = this.owner.options;
    if (isBinary || !readFrame) return {};
    const frame = readFrame(String(data), sent);
    return frame === undefined ? {} : { frame };
  }

  #tell(kind, payload) {
    const { service } = this.owner;
    const handed = service.realm.handOver(payload);
    for (const callback of this.#handlers[kind]) service.enter(`SocketTask on${kind}`, () => callback(handed));
  }

  #opened() {
    if (this.#dead) return;
    this.state = 'open';
    const cost = Date.now() - this.startedAt;
    this.#event('open', { ms: cost });
    this.#tell('open', {
      header: { ...this.header },
      profile: {
        fetchStart: this.startedAt,
        domainLookUpStart: this.startedAt,
        domainLookUpEnd: this.startedAt,
        connectStart: this.startedAt,
        connectEnd: this.startedAt + cost,
        rtt: cost,
        handshakeCost: cost,
        cost,
      },
    });
  }

  #message(data, binary) {
    if (this.#dead || this.state === 'closed') return;
    this.#event('message', { bytes: data.length, ...this.#frame(data, binary, false) });
    this.#tell('message', { data: binary ? new Uint8Array(data).buffer : data.toString('utf8') });
  }

  #ended(code, reason) {
    if (this.#dead || this.state === 'closed') return;
    if (this.state === 'connecting') {
      this.#failed(this.lastError ?? 'connection closed during the handshake');
      return;
    }
    if (this.closing) {
      this.#close(this.closing.code, this.closing.reason);
    } else if (code === 1006) {
      this.#close(ABNORMAL[this.platform].code, ABNORMAL[this.platform].reason);
    } else {
      this.#close(this.owner.options.closeCodes === 'exact' ? code : 1005, reason);
    }
  }

  /** It could not connect: which of onError and onClose come depends on the client. */
  #failed(message) {
    setImmediate(() => {
      if (this.#dead || this.state === 'closed') return;
      const how = this.owner.options.connectFailure;
      this.state = 'closed';
      this.owner.forget(this);
      this.#event('failed', { reason: redact(message) });
      if (how !== 'close') this.#tell('error', { errMsg: redact(message) });
      if (how !== 'error') this.#tell('close', { ...ABNORMAL[this.platform] });
    });
  }

  #close(code, reason) {
    this.state = 'closed';
    this.owner.forget(this);
    this.#event('close', { code, reason });
    this.#tell('close', { code, reason });
  }

  send(given) {
    const { service } = this.owner;
    const fail = (why) => tell(service, 'sendSocketMessage', given, false, { errMsg: `sendSocketMessage:fail ${why}` });
    const { data } = given;
    const isBuffer = Object.prototype.toString.call(data) === '[object ArrayBuffer]';
    if (typeof data !== 'string' && !isBuffer) {
      service.fault('wx', 'SocketTask.send: data must be a string or an ArrayBuffer', 'SocketTask.send');
      return fail('parameter error: parameter.data should be String or ArrayBuffer');
    }
    if (this.state !== 'open') return fail('SocketTask.readyState is not OPEN');
    const ok = () => tell(service, 'sendSocketMessage', given, true, { errMsg: 'sendSocketMessage:ok' });
    if (this.#dead) return ok();
    this.#event('send', {
      bytes: isBuffer ? data.byteLength : Buffer.byteLength(data),
      ...this.#frame(data, isBuffer, true),
    });
    return this.#socket.send(isBuffer ? Buffer.from(new Uint8Array(data)) : data, (error) =>
      error ? fail(error.message) : ok(),
    );
  }

  close(given) {
    const { service } = this.owner;
    const code = given.code ?? 1000;
    const reason = given.reason ?? '';
    const fail = (why) => tell(service, 'closeSocket', given, false, { errMsg: `closeSocket:fail ${why}` });
    if (Buffer.byteLength(reason) > MAX_REASON_BYTES) return fail('reason is longer than 123 bytes');
    if (code !== 1000 && !(code >= 3000 && code <= 4999)) return fail(`invalid code ${code}`);
    if (this.state === 'closed') return fail('SocketTask is closed');
    tell(service, 'closeSocket', given, true, { errMsg: 'closeSocket:ok' });
    if (this.#dead) return undefined;
    this.closing = { code, reason: reason || 'normal closure' };
    if (this.state === 'connecting') {
      this.#socket?.terminate();
      setImmediate(() => {
        if (this.state === 'connecting') this.#close(this.closing.code, this.closing.reason);
      });
      return undefined;
    }
    this.state = 'closing';
    this.#socket.close(code, reason);
    return undefined;
  }

  cut({ silent, code, reason }) {
    const abnormal = ABNORMAL[this.platform];
    this.#dead = true;
    this.owner.forget(this);
    this.#socket?.terminate();
    this.#event('cut', { silent });
    if (silent) return;
    this.state = 'closed';
    this.#tell('close', { code: code ?? abnormal.code, reason: reason ?? abnormal.reason });
  }

  kill() {
    this.#dead = true;
    this.state = 'closed';
    this.#socket?.terminate();
  }
}
