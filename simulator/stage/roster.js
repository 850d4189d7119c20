/** The room as the gateway has told one phone: a snapshot, then the events since. */

export class Roster {
  #members = new Map();
  #streams = new Map();
  /** By hash of an address, the stream that is there. */
  #places = new Map();
  #own = null;

  /** Name of the room that the phone asked for last. @type {string | null} */
  room = null;
  /** Whether a session stands: the phone was let in, on a socket that is open as far as one can see. */
  isUp = false;
  /** How often the gateway has let the phone in. */
  joins = 0;
  /** The socket that the session has. */
  #socket = null;

  /**
   * @param {import('./signaling.js').Frame} frame
   * @param {number} [socket] number of the socket that carried it: a page that has left may still have an old one
   * @returns {boolean} whether the room looks different now
   */
  take(frame, socket = 0) {
    if (frame.what === 'request' && frame.name === 'join') {
      this.#own = frame.user ?? null;
      this.room = frame.room ?? null;
    }
    if (frame.what === 'answer' && ['join', 'resume'].includes(frame.name)) {
      Object.assign(this, { isUp: true, joins: this.joins + (frame.name === 'join' ? 1 : 0) });
      this.#socket = socket;
    }
    if (this.#socket !== socket) return false;
    if (frame.what === 'answer' && frame.name === 'leave') this.#end();
    for (const place of frame.lease?.places ?? []) this.#places.set(place, frame.lease.stream);
    if (frame.snapshot) this.#whole(frame.snapshot);
    if (frame.what === 'event') this.#event(frame.name, frame.body);
    return frame.snapshot !== undefined || frame.what !== 'request';
  }

  socketLost(socket = 0) {
    if (this.#socket === socket) this.isUp = false;
  }

  /** @returns {{ user: string, own: boolean, suspended: boolean, streams: object[] }[]} */
  list() {
    const users = new Set([...this.#members.keys(), ...[...this.#streams.values()].map(({ user }) => user)]);
    if (this.#own !== null && this.isUp) users.add(this.#own);
    return [...users].sort().map((user) => ({
      user,
      own: user === this.#own,
      suspended: this.#members.get(user)?.suspended === true,
      streams: [...this.#streams.values()].filter((stream) => stream.user === user),
    }));
  }

  /** @param {string} place hash of an address @returns {string | null} who publishes the stream there */
  publisherAt(place) {
    const name = this.#places.get(place);
    const stream = [...this.#streams.values()].find((one) => one.stream === name);
    return stream ? labelOf(stream) : null;
  }

  #end() {
    this.isUp = false;
    this.#members.clear();
    this.#streams.clear();
  }

  #whole({ members, streams }) {
    this.#members = new Map(members.map((member) => [member.user, member]));
    this.#streams = new Map(streams.map((stream) => [keyOf(stream), stream]));
  }

  #event(name, body) {
    switch (name) {
      case 'member_joined':
      case 'member_resumed':
        if (body.user !== this.#own) this.#members.set(body.user, { user: body.user, suspended: false });
        break;
      case 'member_suspended':
        if (body.user !== this.#own) this.#members.set(body.user, { user: body.user, suspended: true });
        break;
      case 'member_left':
        this.#members.delete(body.user);
        break;
      case 'stream_added':
      case 'stream_updated':
        this.#streams.set(keyOf(body), body);
        break;
      case 'stream_stalled':
      case 'stream_recovered':
        this.#stall(body, name === 'stream_stalled');
        break;
      case 'stream_removed':
        this.#streams.delete(keyOf(body));
        break;
      case 'kicked':
        this.#end();
        break;
      default:
    }
  }

  #stall(body, stalled) {
    const stream = this.#streams.get(keyOf(body));
    if (stream) this.#streams.set(keyOf(body), { ...stream, stalled });
  }
}

/** A stream as people read it. */
function labelOf({ user, kind = 'camera' }) {
  return kind === 'camera' ? user : `${user} (${kind})`;
}

function keyOf({ user, kind = 'camera' }) {
  return `${user}/${kind}`;
}
