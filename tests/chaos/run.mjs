/**
 * A run: strikes the stage with the faults of a plan, waits after each round until all is well again, and judges at the
 * end.
 */

import { setTimeout as pause } from 'node:timers/promises';

import { redact } from '../../simulator/index.js';
import { plan } from './plan.mjs';
import { Random } from './random.mjs';
import { idle, seconds, word } from './report.mjs';
import { Stage, RECONCILE_MS } from './stage.mjs';
import { Watcher } from './watcher.mjs';

/** How soon after the last fault of a round a phone must be connected again, and see the others again. */
const SIGNALING_MS = 15_000;
const VIDEO_MS = 30_000;
const OPENING_MS = 30_000;
const LOOK_MS = 50;
/** From the bot's last change until everybody must have heard of it. */
const REST_MS = 1500;
/** A session lives for 30 s without its socket; who was away for less must not have been missed. */
const GRACE_MS = 30_000;
/** A fault that finds nothing to strike, as another one has just struck it, tries again for so long. */
const SEEK_MS = 10_000;
/** Notes kept for the history. */
const MOST_NOTES = 50_000;

export class Run {
  #started = Date.now();
  #notes = [];
  /** What each page last asked of its user. */
  #notices = new Map();

  /**
   * @param {{ bin: string, example: string, seed: number, faults: number, say: (line: string) => void,
   *   plant?: (stage: Stage) => void }} options
   *   `plant` breaks something on the stage on purpose, to see that the run finds it
   */
  constructor({ bin, example, seed, faults, say, plant = () => {} }) {
    Object.assign(this, { seed, say, plant });
    const random = new Random(seed);
    this.rounds = plan(faults, random);
    this.stage = new Stage({ bin, example, random, note: (who, what) => this.note(who, what) });
    this.watcher = new Watcher(this.stage);
    /** @type {import('./report.mjs').Outcome[]} */
    this.outcomes = [];
    /** For each round, milliseconds from the end of its last fault until all was well. @type {number[]} */
    this.wellMs = [];
    /** What should not have been. @type {string[]} */
    this.violations = [];
    /** Lost and repeated events by user. */
    this.verdicts = new Map();
    /** Phones in the background for long: `{ from, struck }`, the moment they went and what the fault struck. */
    this.away = new Map();
    /** Absences of more than the grace: `{ user, from, to }`. */
    this.absences = [];
  }

  note(who, what) {
    if (this.#notes.length < MOST_NOTES) this.#notes.push(`${this.#clock()}  ${who.padEnd(8)} ${redact(what)}`);
  }

  /** What happened, line by line. */
  get history() {
    return this.#notes;
  }

  #clock() {
    return `${((Date.now() - this.#started) / 1000).toFixed(2).padStart(7)} s`;
  }

  /** Carries out the plan and judges. What went wrong is in `violations`. */
  async go() {
    const { stage, watcher } = this;
    try {
      await stage.open();
      this.plant(stage);
      watcher.start();
      const faults = this.rounds.reduce((sum, { faults: own }) => sum + own.length, 0);
      const missing = await this.#settle(Date.now(), OPENING_MS);
      if (missing) throw new Error(`the call did not begin: ${missing}`);
      for (const round of this.rounds) if (!(await this.#round(round, faults))) break;
      await this.#judge();
      if (this.outcomes.every(({ struck, survived }) => survived || !struck)) await this.#empty();
    } catch (error) {
      this.violations.push(`the run broke off: ${error.stack}`);
    } finally {
      watcher.stop();
      const ending = await stage.close();
      if (ending && ending.code !== 0) this.violations.push(`the gateway ended with ${ending.code ?? ending.signal}`);
    }
  }

  /** @returns {Promise<boolean>} whether everybody came back */
  async #round({ faults, back }, total) {
    const { watcher } = this;
    const struck = [...faults.map((fault) => this.#strike(fault)), ...(back ? [this.#bringBack(back)] : [])];
    const ended = (await Promise.all(struck)).filter(Boolean);
    const since = Date.now();
    const missing = await this.#settle(since, VIDEO_MS);
    if (missing === null) this.wellMs.push(Date.now() - since);
    for (const { fault, ...times } of ended) {
      const outcome = this.#outcome(fault, times, missing === null);
      this.outcomes.push(outcome);
      const place = `${String(fault.number).padStart(3)}/${total} ${word(outcome)}`;
      const told = `signaling ${seconds(outcome.signalingMs)}, video ${seconds(outcome.videoMs)}`;
      this.say(`${this.#clock()}  ${place} ${fault.kind.name}, ${fault.target}: ${told}`);
    }
    const names = ended.map(({ fault }) => `${fault.number} (${fault.kind.name}, ${fault.target})`).join(' and ');
    for (const user of this.#present) {
      const notice = watcher.notice(user);
      if (notice && notice !== this.#notices.get(user))
        this.violations.push(`after ${names} ${user} is told: ${notice}`);
      this.#notices.set(user, notice);
    }
    if (missing)
      this.violations.push(`not well ${Math.round((Date.now() - since) / 1000)} s after ${names}: ${missing}`);
    return missing === null;
  }

  #of({ target }) {
    const { stage } = this;
    return { stage, lane: stage.lanes[target] ?? stage.lanes.rtmp, phone: stage.phones.get(target) };
  }

  async #strike(fault) {
    await pause(fault.afterMs);
    this.note('fault', `${fault.number} ${fault.kind.name}, ${fault.target} ${JSON.stringify(fault.drawn)}`);
    const [began, present] = [Date.now(), this.#present];
    let struck = 0;
    for (;;) {
      struck = await fault.kind.run(this.#of(fault), fault.drawn);
      if (struck || Date.now() - began > SEEK_MS) break;
      await pause(LOOK_MS);
    }
    if (fault.kind.isLong) {
      this.away.set(fault.target, { from: Date.now(), struck });
      return null;
    }
    this.note('fault', `${fault.number} is over, struck ${struck || 'nothing'}`);
    return { fault, struck, began, ended: Date.now(), present };
  }

  async #bringBack(fault) {
    const { from, struck } = this.away.get(fault.target);
    await pause(Math.max(0, from + fault.drawn.forMs - Date.now()));
    fault.kind.finish(this.#of(fault));
    this.away.delete(fault.target);
    const to = Date.now();
    this.absences.push({ user: fault.target, from, to });
    this.note('fault', `${fault.number} is over after ${to - from} ms`);
    return { fault, struck, began: from, ended: to, present: this.#present };
  }

  get #present() {
    return this.stage.users.filter((user) => !this.away.has(user));
  }

  /** Whose pictures a phone should see. */
  #sources(user) {
    return ['bot', ...this.#present.filter((other) => other !== user)];
  }

  /** Waits until all is well. @returns {Promise<string | null>} what is still missing */
  async #settle(since, withinMs) {
    const { watcher } = this;
    watcher.mark();
    for (;;) {
      const missing = this.#present
        .map((user) => [user, watcher.unsettled(user, since, this.#sources(user))])
        .find(([, what]) => what);
      if (!missing) return null;
      const waited = Date.now() - since;
      const isCut =
        waited > SIGNALING_MS && withinMs === VIDEO_MS && watcher.signalingAfter(missing[0], since) === null;
      if (waited > withinMs || isCut) return missing.join(' ');
      await pause(LOOK_MS);
    }
  }

  /** @returns {import('./report.mjs').Outcome} */
  #outcome({ kind, target }, { struck, began, ended, present }, isWell) {
    const survived = isWell && struck > 0;
    const { watcher } = this;
    const users = { phone: [target], gateway: present, media: [], pusher: [] }[kind.strikes];
    const signaling = users.map((user) => watcher.signalingAfter(user, ended));
    const video = present.map((user) =>
      watcher.videoAfter(user, { began, ended }, ['bot', ...present.filter((other) => other !== user)]),
    );
    const latest = (times) => (survived && times.length ? Math.max(...times) : null);
    return { kind: kind.name, struck, survived, signalingMs: latest(signaling), videoMs: latest(video) };
  }

  /**
   * The bot rests; what the pages show and heard is compared with the room. A phone that did not come back knows
   * nothing.
   */
  async #judge() {
    const { stage, watcher, violations } = this;
    for (const line of watcher.summary()) this.note('end', line);
    await stage.guest.leave();
    stage.bot.rest();
    await pause(REST_MS);
    const connected = this.#present.filter((user) => watcher.isUp(user));
    for (const user of connected) this.#comparePage(user);
    this.#judgeEvents(connected);
    violations.push(...idle(this.outcomes).map((kind) => `no fault of the kind "${kind}" struck anything`));
    for (const user of stage.users) {
      const faults = stage.phones.get(user).faults.map(({ kind, message, where }) => `${kind}: ${message} (${where})`);
      violations.push(...faults.map((fault) => `${user} broke a rule of its environment: ${fault}`));
    }
  }

  /**
   * Everybody leaves; the gateway must have nobody and nothing at the latest when it has compared rooms and media
   * server.
   */
  async #empty() {
    const { stage } = this;
    this.watcher.stop();
    for (const user of stage.users) stage.phones.get(user).page.find('#leave').tap();
    await stage.bot.leave();
    let left;
    for (const until = Date.now() + RECONCILE_MS + 5000; Date.now() < until; await pause(200)) {
      const { body } = await stage.gateway.health();
      const {
        sessions,
        streams,
        sockets,
        media: { publishers, players },
      } = body;
      left = { sessions, streams, sockets, publishers, players };
      if (Object.values(left).every((count) => count === 0)) return;
    }
    this.violations.push(`the gateway still has ${JSON.stringify(left)} after everybody has left`);
  }

  #comparePage(user) {
    const { picture } = this.stage.bot;
    const { tiles, status } = this.stage.phones.get(user).page.data;
    const shown = tiles
      .filter((tile) => tile?.uid)
      .map(({ uid, audio, video }) => `${uid} ${audio} ${video}`)
      .sort();
    const others = picture.streams.filter((stream) => stream.user !== user);
    const there = others.map((stream) => `${stream.user} ${stream.audio} ${stream.video}`).sort();
    if (status !== 'connected' || shown.join() !== there.join()) {
      this.violations.push(`${user} is ${status} and shows [${shown}], the room is [${there}]`);
    }
  }

  #judgeEvents(users) {
    const { ledger } = this.stage;
    const { violations, stage } = this;
    violations.push(...ledger.contradictions);
    for (const user of users) {
      const record = ledger.phone(user);
      const verdict = record.judge();
      this.verdicts.set(user, verdict);
      if (verdict.tooMany) violations.push(`${user} heard something quite different from what happened`);
      if (verdict.lost.length) violations.push(`${user} did not hear: ${verdict.lost.join('; ')}`);
      if (verdict.repeated.length) violations.push(`${user} heard once too often: ${verdict.repeated.join('; ')}`);
      for (const { kind, epoch, offset } of record.needlessSnapshots((at) => this.#wasMissed(user, at))) {
        violations.push(`${user} needed a snapshot by ${kind} in epoch ${epoch} at ${offset}`);
      }
    }
    for (const user of stage.users) {
      for (const { uid, reason } of ledger.phone(user).failures)
        violations.push(`${user} was told to give up the stream of ${uid}: ${reason}`);
    }
    for (const { ev, d, at, epoch, offset } of ledger.events()) {
      if (ev === 'member_left' && stage.users.includes(d.user) && !this.#wasMissed(d.user, at)) {
        violations.push(
          `${d.user} was said to have left (${d.reason}) in epoch ${epoch} at ${offset}, though never away for long`,
        );
      }
    }
  }

  /** Whether the user's session may have ended by that moment, or shortly before. */
  #wasMissed(user, at) {
    return this.absences.some(
      (absence) => absence.user === user && at > absence.from + GRACE_MS && at < absence.to + GRACE_MS,
    );
  }
}
