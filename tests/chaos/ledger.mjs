/**
 * The ledger of a run: every ordered event of the room by epoch and offset, and for each phone what it was sent and
 * what its page heard.
 */

import { describe } from './picture.mjs';
import { FrameReader } from './frames.mjs';
import { replay } from './replay.mjs';

/** Events of the API that tell of the room. */
const OF_THE_ROOM = [
  'peer-online',
  'peer-leave',
  'stream-added',
  'stream-removed',
  'mute-audio',
  'unmute-audio',
  'mute-video',
  'unmute-video',
];

/** Requests that come all the time, and those whose parameters are worth telling; none of these is a secret. */
const QUIET = ['ping', 'report'];
const TELLING = {
  publish: [],
  unpublish: [],
  subscribe: [],
  unsubscribe: [],
  renew_url: [],
  mute_local: ['audio', 'video'],
  mute_remote: ['audio', 'video'],
};

export class Ledger {
  /** @param {(who: string, what: string) => void} [note] */
  constructor(note = () => {}) {
    this.note = note;
    /** @type {import('./replay.mjs').Truth} */
    this.truth = new Map();
    this.witnessed = 0;
    /** What contradicts the protocol, whoever is to blame. @type {string[]} */
    this.contradictions = [];
    /** @type {Map<string, PhoneRecord>} */
    this.phones = new Map();
  }

  /** @param {string} source who was sent the event */
  ordered(source, { ev, ep, off, d }) {
    if (!this.truth.has(ep)) this.truth.set(ep, new Map());
    const events = this.truth.get(ep);
    const known = events.get(off);
    if (!known) {
      events.set(off, { ev, d, at: Date.now(), source });
      this.witnessed += 1;
    } else if (JSON.stringify([known.ev, known.d]) !== JSON.stringify([ev, d])) {
      this.contradictions.push(`${ep} ${off} is ${known.ev} for ${known.source} and ${ev} for ${source}`);
    }
  }

  /** All events, epoch by epoch, in the order of their offsets. */
  events() {
    return [...this.truth].flatMap(([epoch, events]) => {
      const sorted = [...events].sort(([one], [other]) => one - other);
      return sorted.map(([offset, event]) => ({ epoch, offset, ...event }));
    });
  }

  phone(user) {
    if (!this.phones.has(user)) this.phones.set(user, new PhoneRecord(user, this));
    return this.phones.get(user);
  }
}

/** One phone. */
export class PhoneRecord {
  #readers = new WeakMap();

  constructor(user, ledger) {
    Object.assign(this, { user, ledger });
    this.note = (what) => ledger.note(user, what);
    /** @type {{ text: string, uid: string, at: number }[]} */
    this.heard = [];
    /** @type {import('./replay.mjs').Anchor[]} */
    this.anchors = [];
    this.resumes = 0;
    /** Changes of the connection's state. */
    this.states = [];
    /** Streams that the page was told to give up. */
    this.failures = [];
  }

  /** Listens to a client of the SDK. */
  listen(client) {
    const { note } = this;
    for (const event of OF_THE_ROOM) {
      client.on(event, (payload) => {
        this.heard.push({ text: describe(event, payload), uid: payload.uid, at: Date.now() });
      });
    }
    client.on('connection-state-changed', ({ current, reason }) => {
      this.states.push({ current, reason, at: Date.now() });
      note(`is ${current}: ${reason}`);
    });
    client.on('stream-failed', ({ uid, reason }) => {
      this.failures.push({ uid, reason, at: Date.now() });
      note(`is to give up the stream of ${uid}: ${reason}`);
    });
    client.on('update-url', ({ uid }) => {
      note(`has a new address for the stream of ${uid}`);
    });
    client.on('stream-control', ({ uid, action }) => {
      note(`is to ${action} the stream of ${uid}`);
    });
    for (const event of ['error', 'close'])
      client.on(event, ({ code, reason }) => {
        note(`hears ${event}: ${code} ${reason}`);
      });
  }

  /**
   * Bytes that passed over one connection of this phone.
   * @param {object} relay @param {'up' | 'down'} direction @param {Buffer} bytes
   */
  passed(relay, direction, bytes) {
    if (!this.#readers.has(relay)) {
      this.#readers.set(relay, {
        down: new FrameReader((frame) => this.#answered(frame)),
        up: new FrameReader((frame) => this.#asked(frame)),
      });
    }
    this.#readers.get(relay)[direction].feed(bytes);
  }

  #asked({ m: method, p: { user = this.user, ...parameters } = {} }) {
    if (QUIET.includes(method)) return;
    this.note(
      `asks ${method}${method in TELLING ? ` ${user} ${TELLING[method].map((name) => parameters[name])}` : ''}`,
    );
  }

  #answered(frame) {
    if (frame.ev && frame.ep) this.ledger.ordered(this.user, frame);
    if (!frame.ok) return;
    const snapshot = frame.m === 'sync' ? frame.ok : frame.ok.snapshot;
    if (frame.m === 'resume' && !snapshot) this.resumes += 1;
    if (snapshot && ['join', 'resume', 'sync'].includes(frame.m)) {
      this.anchors.push({ kind: frame.m, epoch: snapshot.epoch, offset: snapshot.offset, snapshot, at: Date.now() });
    }
  }

  /** Lost and repeated events, by replaying the room. */
  judge() {
    const { user, anchors, heard } = this;
    return replay({
      me: user,
      anchors,
      truth: this.ledger.truth,
      heard: heard.map(({ text }) => text),
      heardAt: heard.map(({ at }) => at),
    });
  }

  /**
   * Snapshots that a resume should have spared: within an epoch, and the phone was not away for longer than a session
   * lives. A join right after another is one whose answer was lost.
   * @param {(at: number) => boolean} wasAway whether the phone's session may have ended before that moment
   */
  needlessSnapshots(wasAway) {
    return this.anchors.filter((anchor, index) => {
      const before = this.anchors[index - 1];
      if (!before || before.epoch !== anchor.epoch) return false;
      if (anchor.kind !== 'join') return true;
      return !wasAway(anchor.at) && anchor.at - before.at > 10_000;
    });
  }
}
