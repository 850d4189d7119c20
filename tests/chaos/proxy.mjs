/**
 * A lane: a TCP relay in front of one port of the gateway, that can do to connections what networks do: delay,
 * throttle, hold, cut, swallow one direction while the connection stands, refuse new ones. What it says of bytes it
 * says when they are handed on.
 */

import { createServer, connect } from 'node:net';

/** Bytes that one direction of a connection may hold back before its sender has to wait. */
const MOST_HELD = 256 * 1024;
/** Connections that may stand at once, the half-open ones included; the oldest half-open one goes first. */
const MOST_RELAYS = 64;
const PACE_MS = 20;

/**
 * @typedef {'up' | 'down'} Direction up: from the phone to the gateway
 * @typedef {{ delayMs: number, jitterMs: number, bytesPerSecond: number }} Conditions
 */

export class Lane {
  #relays = new Map();
  #nextId = 1;

  /**
   * Opens a lane on a free port of the loopback.
   * @param {{ name: string, to: number, random: () => number, onBytes?: (relay: Relay, direction: Direction, bytes:
   *   Buffer) => void }} options `to`: port of the gateway; `random` decides the jitter
   */
  static async open(options) {
    const lane = new Lane(options);
    await new Promise((resolve, reject) => {
      lane.server.once('error', reject);
      lane.server.listen(0, '127.0.0.1', resolve);
    });
    return lane;
  }

  /** @private use Lane.open */
  constructor({ name, to, random, onBytes = () => {} }) {
    Object.assign(this, { name, to, random, onBytes });
    /** Whether new connections are reset at once. */
    this.refusing = false;
    /** Connections that were refused so far. */
    this.refused = 0;
    /** Whether everything waits, of new connections too. */
    this.holding = false;
    /** @type {Conditions} what all connections suffer, new ones too */
    this.conditions = { delayMs: 0, jitterMs: 0, bytesPerSecond: Infinity };
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  get port() {
    return this.server.address().port;
  }

  /** The connections that stand, the newest last. */
  get relays() {
    return [...this.#relays.values()];
  }

  /** The newest connection, if it stands and nothing of it is swallowed. */
  get whole() {
    const newest = this.relays.at(-1);
    return newest?.isWhole ? newest : null;
  }

  #accept(socket) {
    if (this.refusing) {
      this.refused += 1;
      socket.on('error', () => {});
      socket.resetAndDestroy();
      return;
    }
    const relay = new Relay(this, this.#nextId, socket);
    this.#nextId += 1;
    this.#relays.set(relay.id, relay);
    if (this.#relays.size > MOST_RELAYS) (this.relays.find((old) => !old.isWhole) ?? this.relays[0]).cut('rst');
  }

  forget(relay) {
    this.#relays.delete(relay.id);
  }

  /** @param {Partial<Conditions>} conditions */
  suffer(conditions) {
    Object.assign(this.conditions, conditions);
  }

  /** Nothing passes until release. */
  hold() {
    this.holding = true;
  }

  release() {
    this.holding = false;
    for (const relay of this.#relays.values()) relay.move();
  }

  /** Back to a good network; connections that are half open stay so. */
  heal() {
    this.refusing = false;
    this.suffer({ delayMs: 0, jitterMs: 0, bytesPerSecond: Infinity });
    this.release();
  }

  async close() {
    for (const relay of this.relays) relay.cut('rst');
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }
}

/** One connection through a lane. */
class Relay {
  constructor(lane, id, phone) {
    Object.assign(this, { lane, id, phone });
    this.openedAt = Date.now();
    this.gateway = connect({ host: '127.0.0.1', port: lane.to, allowHalfOpen: true, noDelay: true });
    this.up = new Flow(this, 'up', phone, this.gateway);
    this.down = new Flow(this, 'down', this.gateway, phone);
    this.ended = false;
    for (const socket of [phone, this.gateway])
      socket.on('close', () => phone.destroyed && this.gateway.destroyed && this.#forget());
  }

  /** Whether both directions are open, and nothing of them is swallowed. */
  get isWhole() {
    return ![this.up, this.down].some(({ over, swallowing }) => over || swallowing);
  }

  /** When something was last handed on. */
  get usedAt() {
    return Math.max(this.up.usedAt, this.down.usedAt);
  }

  /** Bytes that were handed on. */
  get bytes() {
    return { up: this.up.passed, down: this.down.passed };
  }

  move() {
    this.up.move();
    this.down.move();
  }

  /** @param {'rst' | 'fin'} how resets both ends, or ends them as if each had said goodbye */
  cut(how) {
    if (this.ended) return;
    this.#forget();
    for (const socket of [this.phone, this.gateway]) {
      if (how === 'rst') socket.resetAndDestroy();
      else socket.end(() => socket.destroy());
    }
  }

  /** From now on nothing of these directions arrives, nor its end; both sides still believe in the connection. */
  swallow(...directions) {
    for (const direction of directions) this[direction].swallow();
  }

  /** One end is gone: so is the other, unless it is not to know. */
  broke(flow) {
    if (flow.swallowing) return;
    this.cut('rst');
  }

  /** Both directions came to their end in peace. */
  finished() {
    if (!this.up.over || !this.down.over) return;
    this.phone.destroy();
    this.gateway.destroy();
  }

  #forget() {
    this.ended = true;
    this.up.stop();
    this.down.stop();
    this.lane.forget(this);
  }
}

/** One direction of a connection. */
class Flow {
  #queue = [];
  #held = 0;
  #timer = null;

  constructor(relay, direction, from, to) {
    Object.assign(this, { relay, direction, from, to });
    Object.assign(this, { swallowing: false, over: false, passed: 0, usedAt: 0 });
    this.freeAt = 0;
    from.on('data', (bytes) => this.#take(bytes));
    from.on('end', () => this.#take(null));
    from.on('error', () => relay.broke(this));
    to.on('drain', () => this.move());
  }

  #take(bytes) {
    if (this.swallowing || this.over) return;
    const { delayMs, jitterMs } = this.relay.lane.conditions;
    this.#queue.push({ bytes, due: Date.now() + delayMs + this.relay.lane.random() * jitterMs });
    this.#held += bytes?.length ?? 0;
    if (this.#held > MOST_HELD) this.from.pause();
    this.move();
  }

  /** Hands on what is due. What was sent first arrives first, whatever the jitter. */
  move() {
    clearTimeout(this.#timer);
    while (this.#queue.length && !this.relay.lane.holding && !this.to.writableNeedDrain) {
      const wait = Math.max(this.#queue[0].due, this.freeAt) - Date.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.move(), Math.max(PACE_MS, wait));
        break;
      }
      this.#pass(this.#queue.shift().bytes);
      if (this.over || this.swallowing) return;
    }
    if (this.#held <= MOST_HELD && this.from.isPaused()) this.from.resume();
  }

  #pass(bytes) {
    if (bytes === null) {
      this.over = true;
      this.to.end();
      this.relay.finished();
      return;
    }
    this.#held -= bytes.length;
    this.passed += bytes.length;
    this.usedAt = Date.now();
    const { bytesPerSecond } = this.relay.lane.conditions;
    if (Number.isFinite(bytesPerSecond)) this.freeAt = Date.now() + (bytes.length / bytesPerSecond) * 1000;
    this.to.write(bytes);
    this.relay.lane.onBytes(this.relay, this.direction, bytes);
  }

  swallow() {
    this.swallowing = true;
    this.#drop();
    this.from.resume();
  }

  stop() {
    this.over = true;
    this.#drop();
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#queue = [];
    this.#held = 0;
  }
}
