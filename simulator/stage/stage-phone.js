/** One phone on the stage: a simulated phone, the mirror of its view, copies of its media, and what it measures. */

import { Phone } from '../index.js';
import { NodeHandle } from '../ui/node-handle.js';
import { pictureIn } from './delays.js';
import { MediaCopy } from './media-copy.js';
import { Mirror } from './mirror.js';
import { Roster } from './roster.js';
import { Sheets } from './sheets.js';
import { isRoutine, readFrame } from './signaling.js';

const LOOK_MS = 16;
const SUBMIT_KEYS = ['confirm', 'focus', 'blur'];

export class StagePhone {
  #timer = null;
  #copies = new Map();
  #camera = null;
  /** By element of a player: whose picture came last, and how long it was under way. */
  #played = new Map();

  /**
   * @param {object} parts
   * @param {object} parts.options of the phone
   * @param {import('./delays.js').Delays} parts.delays
   * @param {(message: object) => void} parts.tell
   * @param {() => string} parts.newId of a copy of media
   */
  static async start({ options, delays, tell, newId }) {
    const stagePhone = new StagePhone({ name: options.name, delays, tell, newId });
    stagePhone.phone = await Phone.boot({
      ...options,
      readFrame,
      onMedia: (element, tag) => stagePhone.#media(element, tag),
      log: (event) => stagePhone.#event(event),
    });
    const { files, compiled, framework } = stagePhone.phone;
    stagePhone.sheets = new Sheets(files, compiled, framework.isolation);
    stagePhone.mirror = new Mirror(stagePhone.phone, stagePhone.sheets);
    return stagePhone;
  }

  /** @private use StagePhone.start */
  constructor(parts) {
    Object.assign(this, parts);
    this.roster = new Roster();
  }

  /** Everything that a browser needs to show this phone as it is. */
  introduce() {
    this.mirror.changes();
    return [
      { type: 'view', phone: this.name, ...this.mirror.whole() },
      ...[...this.#copies].map(([element, copy]) => this.#mediaMessage(element, copy)),
      this.#roomMessage(),
      { type: 'app', phone: this.name, visible: this.phone.visible },
    ];
  }

  /** @returns {MediaCopy | undefined} */
  copy(id) {
    return [...this.#copies.values()].find((copy) => copy.id === id);
  }

  get isUp() {
    return this.roster.isUp;
  }

  /** How often the gateway has let the phone in. */
  get joins() {
    return this.roster.joins;
  }

  /** Of the room that the phone asked for last. */
  get room() {
    return this.roster.room;
  }

  get closed() {
    return this.phone.closed;
  }

  /** @returns {Map<string, number>} by stream that the phone plays: how many pictures of it were decoded */
  pictures() {
    const players = Object.entries(this.phone.stats().players);
    return new Map(players.map(([stream, { videoFrames }]) => [stream, videoFrames]));
  }

  /** Opens the page in which the user is in the call. */
  async enter(service, how = {}) {
    await this.phone.open(await service.address(this.name, how));
  }

  /** Does what a person does to the phone. A node that is gone meanwhile is not touched. */
  act({ what, node, value }) {
    if (what === 'back') {
      if (this.phone.pages.stack.length > 1) this.phone.pages.navigateBack(1);
      return this.#lookSoon();
    }
    const element = this.mirror.element(node);
    if (!element || !this.phone.visible) return undefined;
    const handle = new NodeHandle(element, this.phone.framework);
    if (what === 'tap') handle.tap();
    else if (what === 'input') handle.input(String(value));
    else if (SUBMIT_KEYS.includes(what)) handle.trigger(what, { value: String(value ?? '') });
    return this.#lookSoon();
  }

  /** What each stream that this phone plays measured, and what the phone pushes. */
  measured() {
    return [...this.#played.values()].map(({ from, delay }) => ({ from, to: this.name, delay }));
  }

  /** @param {import('./camera-feed.js').CameraFeed | null} feed @param {object} [ended] the feed that has ended */
  useCamera(feed, ended) {
    // Another browser may have put its own camera there meanwhile.
    if (feed === null && this.#camera !== ended) return;
    this.#camera = feed;
    if (!this.phone.closed) this.phone.setSource(feed?.source ?? null);
  }

  async close() {
    clearTimeout(this.#timer);
    await this.phone.close();
    for (const copy of this.#copies.values()) copy.end();
  }

  #lookSoon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (this.phone.closed || (!this.phone.visible && this.phone.options.viewPausedInBackground)) return;
      const changes = this.mirror.changes();
      if (changes) this.tell({ type: 'view', phone: this.name, ...changes });
      this.#forgetCopies();
    }, LOOK_MS);
  }

  #forgetCopies() {
    for (const [element, copy] of this.#copies) {
      if (this.phone.framework.easel.Element.isAttached(element)) continue;
      copy.end();
      this.#copies.delete(element);
      this.#played.delete(element);
    }
  }

  #media(element, tag) {
    const isPusher = this.phone.framework.builtInTag(element) === 'live-pusher';
    if (tag === null) {
      this.#copies.get(element)?.end();
      this.#copies.set(element, new MediaCopy(this.newId()));
      this.tell(this.#mediaMessage(element, this.#copies.get(element)));
      return;
    }
    this.#copies.get(element)?.feed(tag);
    if (isPusher) return this.delays.sent(pictureIn(tag), this.name);
    const under = this.delays.received(pictureIn(tag));
    if (under) this.#played.set(element, { from: under.from, delay: under.ms });
    return undefined;
  }

  #mediaMessage(element, copy) {
    return { type: 'media', phone: this.name, node: this.mirror.idOf(element), media: copy.id };
  }

  #event(event) {
    // The phone tells of its start before there is anything to show it with.
    if (!this.mirror) return;
    this.#lookSoon();
    switch (event.kind) {
      case 'socket':
        return this.#socket(event);
      case 'native':
        return this.tell({
          type: 'native',
          phone: this.name,
          at: Date.now(),
          tag: event.tag,
          code: event.code,
          text: event.message ?? '',
        });
      case 'netstatus':
        return this.tell({
          type: 'netstatus',
          phone: this.name,
          tag: event.tag,
          at: Date.now(),
          from: this.roster.publisherAt(event.stream),
          info: event.info,
        });
      case 'fault':
        return this.tell({ type: 'problem', phone: this.name, text: `${event.fault}: ${event.message}` });
      case 'ui':
        return this.tell({ type: 'ui', phone: this.name, api: event.api, title: event.title ?? event.content ?? '' });
      case 'app':
        return this.tell({ type: 'app', phone: this.name, visible: this.phone.visible, what: event.what });
      case 'network':
        return this.tell({
          type: 'network',
          phone: this.name,
          online: event.isConnected,
          weak: event.weakNet === true,
        });
      default:
        return undefined;
    }
  }

  #socket({ id, what, frame, code, reason, silent }) {
    if (frame) {
      this.tell({ type: 'signal', phone: this.name, at: Date.now(), sent: what === 'send', ...shownOf(frame) });
      if (this.roster.take(frame, id)) this.tell(this.#roomMessage());
      return;
    }
    if (what === 'send' || what === 'message') return;
    if (what !== 'open') this.roster.socketLost(id);
    this.tell({ type: 'socket', phone: this.name, at: Date.now(), what, code, reason, silent });
    this.tell(this.#roomMessage());
  }

  #roomMessage() {
    return { type: 'room', phone: this.name, up: this.roster.isUp, users: this.roster.list() };
  }
}

function shownOf(frame) {
  const { what, name, body } = frame;
  return { what, name, routine: isRoutine(frame), ...(body && { body }) };
}
