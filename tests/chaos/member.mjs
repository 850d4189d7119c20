/**
 * A member of a room that speaks the wire protocol itself, over a direct connection. It comes back whenever its socket
 * ends.
 */

import { createRequire } from 'node:module';

const { WebSocket } = createRequire(new URL('../../simulator/package.json', import.meta.url))('ws');

const AGAIN_MS = 100;
const ANSWER_MS = 3000;

export class Member {
  #socket = null;
  #nextId = 1;
  #awaited = new Map();
  #timer = null;
  #pinger = null;

  /**
   * @param {object} parts
   * @param {() => string} parts.address of the gateway, asked at each attempt
   * @param {string} parts.app @param {string} parts.room @param {string} parts.user @param {string} parts.token
   * @param {(snapshot: any) => void} [parts.onEntered] joined, anew each time
   * @param {(frame: any) => void} [parts.onEvent] gets every event frame
   * @param {() => void} [parts.onLost] the socket ended
   */
  constructor({ address, app, room, user, token, onEntered = () => {}, onEvent = () => {}, onLost = () => {} }) {
    Object.assign(this, { address, app, room, user, token, onEntered, onEvent, onLost });
    this.inside = false;
    this.wanted = false;
  }

  /** Enters, and stays until `leave`. */
  enter() {
    this.wanted = true;
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.address(), ['miniapp-rtc.v1'], { perMessageDeflate: false });
    this.#socket = socket;
    this.#nextId = 1;
    socket.on('open', () => this.#join());
    socket.on('message', (text) => this.#frame(JSON.parse(String(text))));
    socket.on('error', () => {});
    socket.on('close', () => this.#ended(socket));
  }

  async #join() {
    const { app, room, user, token } = this;
    try {
      const joined = await this.ask('join', { app, room, user, token, agent: 'chaos' });
      this.#pinger = setInterval(() => this.ask('ping', { offset: 0 }).catch(() => {}), joined.ping_ms);
      this.inside = true;
      this.onEntered(joined.snapshot);
    } catch {
      this.#socket?.terminate();
    }
  }

  /**
   * @param {string} method
   * @param {object} [parameters]
   * @returns {Promise<any>} the answer; rejected with the refusal, or when none comes
   */
  ask(method, parameters = {}) {
    if (this.#socket?.readyState !== WebSocket.OPEN)
      return Promise.reject(new Error(`${this.user} has no socket to ask ${method} on`));
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => this.#settle(id, (asked) => asked.reject(new Error(`${this.user}: no answer to ${method}`))),
        ANSWER_MS,
      );
      this.#awaited.set(id, { resolve, reject, late });
      this.#socket.send(JSON.stringify({ id, m: method, p: parameters }));
    });
  }

  #settle(id, how) {
    const asked = this.#awaited.get(id);
    if (!asked) return;
    clearTimeout(asked.late);
    this.#awaited.delete(id);
    how(asked);
  }

  #frame(frame) {
    if (frame.ev) this.onEvent(frame);
    else if (frame.err)
      this.#settle(frame.id, ({ reject }) =>
        reject(Object.assign(new Error(frame.err.reason), { code: frame.err.code })),
      );
    else this.#settle(frame.id, ({ resolve }) => resolve(frame.ok));
  }

  #ended(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearInterval(this.#pinger);
    for (const id of [...this.#awaited.keys()])
      this.#settle(id, ({ reject }) => reject(new Error(`${this.user}: the socket ended`)));
    if (this.inside) this.onLost();
    this.inside = false;
    if (this.wanted) this.#timer = setTimeout(() => this.enter(), AGAIN_MS);
  }

  /** Leaves the room, as far as the gateway can be told. */
  async leave() {
    this.wanted = false;
    clearTimeout(this.#timer);
    if (this.inside) await this.ask('leave').catch(() => {});
    this.#socket?.close(1000);
  }
}
