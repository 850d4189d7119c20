/**
 * A picture of a room as a page is to see it, after the vendor's table of events (integration guide, pages "events" and
 * "muting"): a stream without sound and picture is as good as removed. Written from the specification alone
 * (docs/protocol.md, sections 8 and 11), so that it can judge the client.
 */

/** A text for each event of the API, the same for what is expected and for what was heard. */
export function describe(event, { uid, screen, streamPublishState: state }) {
  const kind = screen === undefined ? '' : screen ? ' screen' : ' camera';
  return `${event} ${uid}${kind}${state ? ` sound ${state.audio ? 'on' : 'off'} picture ${state.video ? 'on' : 'off'}` : ''}`;
}

export class Picture {
  #members = new Set();
  #streams = new Map();

  /** @param {string} me whose page it is: events about this user are not told */
  constructor(me) {
    this.me = me;
  }

  copy() {
    const copy = new Picture(this.me);
    copy.#members = new Set(this.#members);
    copy.#streams = new Map(this.#streams);
    return copy;
  }

  /** Users that are there. */
  get members() {
    return [...this.#members].sort();
  }

  /** Streams that have sound or picture, as `{ user, kind, audio, video }`. */
  get streams() {
    return [...this.#streams.values()].filter(isOn);
  }

  /**
   * Takes an ordered event.
   * @param {string} ev @param {any} d
   * @returns {string[]} what the page hears
   */
  apply(ev, d) {
    if (d.user === this.me) return [];
    switch (ev) {
      case 'member_joined':
        return this.#come(d.user);
      case 'member_left':
        return this.#go(d.user);
      case 'stream_added':
      case 'stream_updated':
        return this.#set(d);
      case 'stream_removed':
        return this.#remove(keyOf(d), (stream) => stream.stream === d.stream);
      default:
        return [];
    }
  }

  /**
   * Becomes what a snapshot shows.
   * @param {{ members: { user: string }[], streams: any[] }} snapshot
   * @returns {string[]} what the page hears: the difference
   */
  become({ members, streams }) {
    const told = [];
    const there = new Set(streams.map(keyOf));
    for (const key of [...this.#streams.keys()]) if (!there.has(key)) told.push(...this.#remove(key));
    const users = new Set(members.map(({ user }) => user));
    for (const user of [...this.#members]) if (!users.has(user)) told.push(...this.#go(user));
    for (const user of users) if (user !== this.me) told.push(...this.#come(user));
    for (const stream of streams) if (stream.user !== this.me) told.push(...this.#set(stream));
    return told;
  }

  #come(user) {
    if (this.#members.has(user)) return [];
    this.#members.add(user);
    return [describe('peer-online', { uid: user })];
  }

  #go(user) {
    const told = [...this.#streams].filter(([, stream]) => stream.user === user).flatMap(([key]) => this.#remove(key));
    if (this.#members.delete(user)) told.push(describe('peer-leave', { uid: user }));
    return told;
  }

  #set(stream) {
    const key = keyOf(stream);
    const old = this.#streams.get(key);
    this.#streams.set(key, stream);
    if (!old) return added(stream);
    if (old.stream !== stream.stream || old.generation !== stream.generation)
      return [...removed(old), ...added(stream)];
    if (!isOn(old) || !isOn(stream)) return isOn(old) === isOn(stream) ? [] : [...removed(old), ...added(stream)];
    const told = [];
    for (const on of [true, false]) {
      for (const track of ['audio', 'video']) {
        if (old[track] !== stream[track] && stream[track] === on)
          told.push(describe(`${on ? 'unmute' : 'mute'}-${track}`, reference(stream)));
      }
    }
    return told;
  }

  #remove(key, isMeant = () => true) {
    const stream = this.#streams.get(key);
    if (!stream || !isMeant(stream)) return [];
    this.#streams.delete(key);
    return removed(stream);
  }
}

const keyOf = ({ user, kind = 'camera' }) => `${user} ${kind}`;
const isOn = ({ audio, video }) => audio || video;
const reference = ({ user, kind = 'camera' }) => ({ uid: user, screen: kind === 'screen' });

function added(stream) {
  return isOn(stream) ? [describe('stream-added', { ...reference(stream), streamPublishState: stream })] : [];
}

function removed(stream) {
  return isOn(stream) ? [describe('stream-removed', reference(stream))] : [];
}
