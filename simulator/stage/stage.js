/**
 * The stage: phones that run a mini-program in this process, and a page that shows them, takes taps and makes faults.
 */

import { redact } from '../redact.js';
import { CameraFeed } from './camera-feed.js';
import { codeMeanings } from './codes.js';
import { Delays } from './delays.js';
import { FAULTS, Refusal, obstacle } from './faults.js';
import { Recovery } from './recovery.js';
import { WEB_JOIN, startSite } from './site.js';
import { StagePhone } from './stage-phone.js';
import { testPicture } from './test-picture.js';
import { WebUser } from './web-user.js';

const MEASURE_MS = 1000;
/** How soon a page hears that a fault can strike now, or not. */
const LOOK_MS = 250;
/** So much of the signaling a page is told that comes later. */
const REMEMBERED = 100;
const MOST_PHONES = 4;
const NAMES = ['alice', 'bob', 'carol', 'dave'];

/**
 * @typedef {object} Service what stands beside the phones, if anything; a fault that needs a method is offered only
 *   where it is there
 * @property {(user: string) => Promise<Record<string, unknown>>} [storage] what the phone of that user has stored
 *   before the app starts
 * @property {(user: string, how: { expire?: string }) => Promise<string>} [address] of the page in which a user is in
 *   the call, with a token that lasts so long
 * @property {(user: string, room: string) => Promise<void>} [kick] the gateway puts the user out of the room
 * @property {() => Promise<void>} [restart] the gateway ends without a word and comes back
 * @property {() => Promise<object>} [health] what the gateway says of itself
 * @property {(room: string) => Promise<object | null>} [view] the room as the gateway has it, as its admin API says;
 *   null where it has no such room
 * @property {import('./site.js').WebUser} [webUser] how web users join, where the gateway has media for them
 */

export class Stage {
  /**
   * Starts the page and its first phones, each on the first page of the app.
   * @param {object} options
   * @param {string} options.root folder of the mini-program
   * @param {(user: string) => Promise<string>} [options.page] address that a phone opens first; by default the first
   *   page of app.json
   * @param {number} [options.phones] how many at the start
   * @param {Service} [options.service]
   * @param {number} [options.port] of the page; 0 for a free one
   * @param {(event: { phone: string, kind: string, text: string }) => void} [options.onNews] lines for a terminal
   * @param {(run: object) => void} [options.onRun] how a fault and the recovery from it go on
   */
  static async start({ root, page, phones = 2, service = {}, port = 0, onNews = () => {}, onRun = () => {} }) {
    const stage = new Stage({ root, page, service, onNews, onRun });
    stage.site = await startSite({
      port,
      copyOf: (id) => stage.#copy(id),
      onSpectator: (one) => stage.#greet(one),
      onCamera: (name, socket) => stage.#camera(name, socket),
      onWebUser: (page) => stage.#webPage(page),
      webUser: service.webUser,
      room: () => stage.#room(),
    });
    try {
      for (let count = 0; count < phones; count += 1) await stage.addPhone();
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  #spectators = new Set();
  #nextCopy = 1;
  #nextRun = 1;
  /** What strikes at the moment. @type {Set<{ fault: import('./faults.js').Fault, phone: string }>} */
  #underWay = new Set();
  #obstacles = '';
  /** The newest signaling, without what is routine. */
  #signals = [];
  #timers = [];

  /** @private use Stage.start */
  constructor(parts) {
    Object.assign(this, parts);
    /** @type {Map<string, StagePhone>} */
    this.phones = new Map();
    /** Those whose pages tell of them. @type {Map<string, WebUser>} */
    this.webUsers = new Map();
    this.delays = new Delays();
    this.recovery = new Recovery(() => this.#members());
    this.meanings = codeMeanings();
    this.#timers = [setInterval(() => this.#measure(), MEASURE_MS), setInterval(() => this.#tellObstacles(), LOOK_MS)];
  }

  /** Where a browser finds the page. */
  get address() {
    return this.site.address;
  }

  /** Where a web user joins the phones' room, null where the gateway has no media for web users. */
  get webAddress() {
    return this.service.webUser ? new URL(WEB_JOIN, this.address).href : null;
  }

  /** @returns {Promise<StagePhone>} one more phone, on the first page of the app */
  async addPhone() {
    const name = NAMES.find((candidate) => !this.phones.has(candidate));
    if (!name || this.phones.size >= MOST_PHONES) throw new Error(`the stage holds ${MOST_PHONES} phones`);
    const stagePhone = await StagePhone.start({
      options: { root: this.root, name, native: { picture: await testPicture(name) } },
      delays: this.delays,
      tell: (message) => this.#tell(message),
      newId: () => {
        this.#nextCopy += 1;
        return String(this.#nextCopy);
      },
    });
    this.phones.set(name, stagePhone);
    const { phone } = stagePhone;
    for (const [key, value] of Object.entries((await this.service.storage?.(name)) ?? {}))
      phone.wx.storage.set(key, value);
    this.#tell({ type: 'phone', ...this.#face(stagePhone) });
    const address = (await this.page?.(name)) ?? phone.compiled.pages[0];
    await phone.open(address.startsWith('/') ? address : `/${address}`);
    return stagePhone;
  }

  /**
   * Strikes a phone or a web user. Resolves when the fault is over; recovery goes on.
   * @param {string} id
   * @param {string} name
   */
  async strike(id, name) {
    const fault = this.#faults().find((candidate) => candidate.id === id);
    const at = this.#members().find((member) => member.name === name);
    if (!fault || !at) return undefined;
    const what = { id: this.#nextRun++, fault: id, phone: name };
    const onChange = (state) => {
      this.onRun(state);
      this.#tell({ type: 'fault', ...state });
    };
    const reason = obstacle(fault, at, [...this.#underWay]);
    if (reason) return this.recovery.refused(what, new Refusal(reason), onChange);
    const run = this.recovery.begin(what, onChange);
    this.onNews({ phone: name, kind: 'fault', text: id });
    const strike = { fault, phone: name };
    try {
      this.#underWay.add(strike);
      this.#tellObstacles();
      await fault.strike({ at, phone: at.phone, service: this.service, root: this.root });
      this.recovery.ended(run);
    } catch (error) {
      this.recovery.ended(run, redact(error.message), error.reason);
    } finally {
      this.#underWay.delete(strike);
      this.#tellObstacles();
    }
    return undefined;
  }

  async close() {
    for (const timer of this.#timers) clearInterval(timer);
    this.recovery.stop();
    for (const user of this.webUsers.values()) user.close();
    await Promise.all([...this.phones.values()].map((phone) => phone.close()));
    await this.site?.close();
  }

  #members() {
    return [...this.phones.values(), ...this.webUsers.values()];
  }

  /** A web user is known from the moment that its page is in a room, by its name. */
  #webPage(page) {
    let user;
    page.onMessage((message) => {
      if (message.type === 'joined') {
        user = this.#webUser(String(message.user));
        user.joined(page, message);
      } else user?.take(message);
    });
  }

  #webUser(name) {
    const known = this.webUsers.get(name);
    if (known) return known;
    const onGone = () => this.webUsers.delete(name);
    const user = new WebUser({ name, delays: this.delays, tell: (message) => this.#tell(message), onGone });
    this.webUsers.set(name, user);
    return user;
  }

  #faults() {
    return FAULTS.filter(({ needs = [] }) => needs.every((name) => this.service[name]));
  }

  #face({ name, sheets }) {
    return { name, sheets: sheets.list() };
  }

  /** A browser's camera stands in front of a phone for as long as its socket is open. */
  async #camera(name, socket) {
    const phone = this.phones.get(name);
    if (!phone) return socket.close();
    const feed = new CameraFeed(phone.phone.options);
    // What comes before the ports are open is kept by ffmpeg: a recording begins with its header.
    socket.on('message', (chunk) => feed.write(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      phone.useCamera(null, feed);
      feed.close();
    });
    await feed.start();
    return phone.useCamera(feed);
  }

  /** The room that a web user comes into: that of the first phone which is in one. */
  #room() {
    return [...this.phones.values()].find(({ isUp }) => isUp)?.room ?? null;
  }

  #copy(id) {
    for (const phone of this.phones.values()) {
      const copy = phone.copy(id);
      if (copy) return copy;
    }
    return undefined;
  }

  /** By phone, by fault: why it cannot strike now. */
  #allObstacles() {
    const underWay = [...this.#underWay];
    const of = (at) => this.#faults().map((fault) => [fault.id, obstacle(fault, at, underWay)]);
    return Object.fromEntries(
      this.#members().map((at) => [at.name, Object.fromEntries(of(at).filter(([, reason]) => reason !== null))]),
    );
  }

  #tellObstacles() {
    if (this.#spectators.size === 0) return;
    const phones = this.#allObstacles();
    const told = JSON.stringify(phones);
    if (told === this.#obstacles) return;
    this.#obstacles = told;
    this.#tell({ type: 'obstacles', phones });
  }

  #greet(spectator) {
    this.#spectators.add(spectator);
    spectator.onEnd(() => this.#spectators.delete(spectator));
    spectator.onMessage((message) => this.#ordered(message));
    const faults = this.#faults().map(({ id }) => id);
    const webJoin = this.service.webUser ? WEB_JOIN : null;
    spectator.tell({ type: 'hello', faults, meanings: this.meanings, mostPhones: MOST_PHONES, webJoin });
    for (const phone of this.phones.values()) {
      spectator.tell({ type: 'phone', ...this.#face(phone) });
      for (const message of phone.introduce()) spectator.tell(message);
    }
    for (const user of this.webUsers.values()) spectator.tell(user.face());
    for (const message of this.#signals) spectator.tell(message);
    spectator.tell({ type: 'obstacles', phones: this.#allObstacles() });
  }

  async #ordered(order) {
    try {
      if (order.type === 'add-phone') await this.addPhone();
      else if (order.type === 'fault') await this.strike(order.fault, order.phone);
      else if (order.type === 'act') this.phones.get(order.phone)?.act(order);
    } catch (error) {
      this.#tell({ type: 'problem', phone: order.phone ?? '', text: redact(error.message) });
    }
  }

  #tell(message) {
    if (message.type === 'native')
      this.onNews({ phone: message.phone, kind: 'native', text: `${message.tag} ${message.code}` });
    if (message.type === 'problem') this.onNews({ phone: message.phone, kind: 'problem', text: message.text });
    if (['signal', 'socket'].includes(message.type) && !message.routine) {
      this.#signals.push(message);
      if (this.#signals.length > REMEMBERED) this.#signals.shift();
    }
    for (const spectator of this.#spectators) spectator.tell(message);
  }

  async #measure() {
    if (this.#spectators.size === 0) return;
    const streams = this.#members().flatMap((member) => member.measured());
    const [health, rooms] = await Promise.all([this.service.health?.().catch(() => null) ?? null, this.#rooms()]);
    this.#tell({ type: 'measured', at: Date.now(), streams, health, rooms });
  }

  /** The rooms of all members, as the gateway has them; null where nobody can ask it. */
  #rooms() {
    if (!this.service.view) return null;
    const names = new Set(this.#members().flatMap(({ room }) => (room === null ? [] : [room])));
    const look = async (room) => {
      try {
        return { room, answers: true, view: await this.service.view(room) };
      } catch {
        return { room, answers: false, view: null };
      }
    };
    return Promise.all([...names].sort().map(look));
  }
}
