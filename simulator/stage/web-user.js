/** One web user on the stage: what the script in its page tells of it, over the sockets of one page after the other. */

/** A user whose page is gone comes back within this time, or has gone. */
const GONE_MS = 8000;
/** What was measured longer ago says nothing of now. */
const FRESH_MS = 3000;

export class WebUser {
  isWeb = true;
  isUp = false;
  /** How often the gateway has let the user in. */
  joins = 0;
  /** Of the room that the user came into last. @type {string | null} */
  room = null;
  /** The window on a page of the stage that shows the user. @type {string | null} */
  seat = null;
  closed = false;
  #link = null;
  #counts = new Map();
  /** By who sent a picture: how long the newest was under way, and when it came. */
  #delays = new Map();
  #timer = null;

  /**
   * @param {object} parts
   * @param {string} parts.name
   * @param {import('./delays.js').Delays} parts.delays
   * @param {(message: object) => void} parts.tell
   * @param {() => void} parts.onGone
   */
  constructor(parts) {
    Object.assign(this, parts);
  }

  /** The user is in a room, in the page at the other end. @param {import('./site.js').Spectator} link */
  joined(link, { seat, room }) {
    clearTimeout(this.#timer);
    this.#link = link;
    this.seat = typeof seat === 'string' ? seat : null;
    this.room = String(room);
    this.joins += 1;
    this.isUp = true;
    this.tell(this.face());
    link.onEnd(() => this.#lost(link));
  }

  /** Takes what the page tells after that. */
  take(message) {
    switch (message.type) {
      case 'state':
        this.isUp = message.isUp === true;
        return this.tell(this.face());
      case 'pictures':
        this.#counts = new Map(Object.entries(message.counts ?? {}));
        return undefined;
      case 'sent':
        return this.delays.sent(message.picture, this.name, message.at);
      case 'received':
        return this.#received(message);
      case 'netstatus':
        return this.#status(message);
      default:
        return undefined;
    }
  }

  /** @returns {Map<string, number>} by stream that the user sees: how many pictures of it were decoded */
  pictures() {
    return this.#counts;
  }

  measured() {
    const old = Date.now() - FRESH_MS;
    return [...this.#delays].flatMap(([from, { ms, at }]) => (at > old ? [{ from, to: this.name, delay: ms }] : []));
  }

  /** Joins anew, as a person would by another link. */
  async enter(service, how = {}) {
    this.#link?.tell({ type: 'enter', entry: await service.webUser.entry(this.room, { user: this.name, ...how }) });
  }

  face() {
    return { type: 'web-user', name: this.name, seat: this.seat, up: this.isUp, gone: this.closed };
  }

  close() {
    clearTimeout(this.#timer);
    this.closed = true;
  }

  #received({ picture, at }) {
    const under = this.delays.received(picture, at);
    if (under) this.#delays.set(under.from, { ms: under.ms, at });
  }

  #status({ tag, from, screen, info }) {
    const of = screen ? ' (screen)' : '';
    const phone = tag === 'live-pusher' ? `${this.name}${of}` : this.name;
    this.tell({ type: 'netstatus', phone, tag, at: Date.now(), from: `${from}${of}`, info });
  }

  #lost(link) {
    if (this.#link !== link) return;
    this.isUp = false;
    this.#counts = new Map();
    this.tell(this.face());
    this.#timer = setTimeout(() => {
      this.close();
      this.tell(this.face());
      this.onGone();
    }, GONE_MS);
  }
}
