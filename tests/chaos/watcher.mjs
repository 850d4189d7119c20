/**
 * The watcher looks at both phones all the time: since when each is connected, and how pictures of each stream flow.
 */

import { streamHash } from '../../simulator/index.js';

const SAMPLE_MS = 50;
/**
 * Pictures that stand still for longer are a gap; a burst of old ones within it, as servers send to new players, ends
 * none.
 */
const GAP_MS = 1000;
const BURST_MS = 500;
/** New pictures in so many samples show that video flows again. */
const ENOUGH_BEATS = 8;
const FRESH_MS = 700;
/** What a fault does shows at the latest this long after it. */
const SHOWS_MS = 200;

export class Watcher {
  #timer = null;
  #phones = new Map();

  /** @param {import('./stage.mjs').Stage} stage */
  constructor(stage) {
    this.stage = stage;
    for (const user of stage.users) this.#phones.set(user, new PhoneWatch(stage, user));
  }

  start() {
    this.#timer = setInterval(() => {
      const now = Date.now();
      for (const watch of this.#phones.values()) watch.sample(now);
    }, SAMPLE_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** From here on pictures are counted for `unsettled`. */
  mark() {
    for (const watch of this.#phones.values()) watch.mark();
  }

  /**
   * What is still missing for a phone, or null: connected on a whole connection, events of the room arriving, each of
   * `sources` shown and its pictures flowing.
   */
  unsettled(user, since, sources) {
    return this.#phones.get(user).unsettled(since, sources);
  }

  isUp(user) {
    return this.#phones.get(user).isUp;
  }

  /** What the page asks of the user, if anything: nothing should be left to people. */
  notice(user) {
    const notice = this.#phones.get(user).data?.notice;
    return notice ? `${notice.en} ${notice.detail ?? ''}` : null;
  }

  /**
   * Milliseconds from the end of a fault until the phone was connected; 0 if the fault did not show, null if it is not.
   */
  signalingAfter(user, since) {
    const { turns } = this.#phones.get(user);
    const before = turns.findLast(({ at }) => at <= since + SHOWS_MS);
    if (before?.isUp) return before.at > since ? before.at - since : 0;
    const up = turns.find(({ at, isUp }) => isUp && at > since);
    return up ? up.at - since : null;
  }

  /** Milliseconds from the end of a fault until pictures of all these sources flowed; 0 if it made no gap. */
  videoAfter(user, { began, ended }, sources) {
    const { flows } = this.#phones.get(user);
    const gaps = sources.flatMap((source) => flows.get(source)?.gaps ?? []);
    const own = gaps.filter(({ from, to }) => from >= began - SHOWS_MS && from <= ended + BURST_MS && to > ended);
    return Math.max(0, ...own.map(({ to }) => to - ended));
  }

  /** A line for each phone: what is seen of it. */
  summary() {
    return [...this.#phones.values()].map((watch) => watch.summary());
  }
}

class PhoneWatch {
  constructor(stage, user) {
    Object.assign(this, { stage, user });
    this.isUp = false;
    /** When the phone became connected and when it no longer was. @type {{ at: number, isUp: boolean }[]} */
    this.turns = [];
    /**
     * @type {Map<string, { pictures: number, beats: number, lastAt: number, gaps: { from: number, to: number }[] }>}
     */
    this.flows = new Map();
    this.counts = new Map();
  }

  get phone() {
    return this.stage.phones.get(this.user);
  }

  sample(now) {
    const { phone } = this;
    const data = phone?.page?.data;
    // Not on the page of the meeting.
    if (!data?.tiles) return;
    this.data = data;
    const { status, tiles } = data;
    const isUp = status === 'connected' && this.stage.lanes[this.user].whole !== null && phone.visible;
    if (isUp !== this.isUp) this.turns.push({ at: now, isUp });
    this.isUp = isUp;
    const { players } = phone.stats();
    for (const tile of tiles) {
      if (!tile?.uid || !tile.url) continue;
      const hash = streamHash(tile.url);
      this.#flow(tile.uid, players[hash], hash, now);
    }
  }

  #flow(source, count, hash, now) {
    if (!this.flows.has(source)) this.flows.set(source, { pictures: 0, beats: 0, lastAt: 0, gaps: [] });
    const flow = this.flows.get(source);
    const before = this.counts.get(hash) ?? 0;
    const after = count?.videoFrames ?? 0;
    if (after <= before) return;
    this.counts.set(hash, after);
    if (now - flow.lastAt > GAP_MS) {
      const last = flow.gaps.at(-1);
      if (last && flow.lastAt - last.to < BURST_MS) last.to = now;
      else flow.gaps.push({ from: flow.lastAt, to: now });
      flow.beats = 0;
    }
    flow.pictures += after - before;
    flow.beats += 1;
    flow.lastAt = now;
  }

  mark() {
    for (const flow of this.flows.values()) flow.beats = 0;
  }

  unsettled(since, sources) {
    const now = Date.now();
    if (!this.isUp) return `is ${this.data?.status || 'not connected'}`;
    const heard = this.stage.ledger.phone(this.user).heard.findLast(({ uid }) => uid === 'bot');
    if (!heard || heard.at < Math.max(since, this.turns.at(-1).at)) return 'hears nothing of the bot';
    const shown = this.data.tiles.filter((tile) => tile?.uid).map(({ uid }) => uid);
    const unseen = sources.filter((source) => !shown.includes(source));
    if (unseen.length) return `shows ${shown.join(', ') || 'nobody'}, not ${unseen.join(', ')}`;
    if (new Set(shown).size < shown.length) return `shows somebody twice: ${shown.join(', ')}`;
    for (const source of sources) {
      const flow = this.flows.get(source);
      if (!flow?.beats) return `got no picture of ${source}`;
      if (flow.beats < ENOUGH_BEATS) return `got few pictures of ${source}`;
      if (now - flow.lastAt > FRESH_MS) return `gets no pictures of ${source}`;
    }
    return null;
  }

  summary() {
    const flows = [...this.flows].map(
      ([source, { pictures, lastAt }]) => `${source} ${pictures} pictures, the last ${Date.now() - lastAt} ms ago`,
    );
    const tiles = (this.data?.tiles ?? []).filter((tile) => tile?.uid);
    const shown = tiles.map(
      (tile) => `${tile.uid}${tile.url ? '' : ' without address'}${tile.failed ? ' failed' : ''}`,
    );
    const pusher = JSON.stringify(this.phone?.stats().pusher);
    return `${this.user}: ${this.data?.status}, ${this.isUp ? 'up' : 'down'}, tiles [${shown}], ${flows.join('; ')}, pusher ${pusher}`;
  }
}
