/**
 * The copy of one native tag's media for those who look on: FLV from the newest key frame, over a WebSocket each (of
 * plain HTTP connections a browser has six), for as long as the tag's connection lasts.
 */

import { encodeTag, FLV_HEADER } from '../native/flv.js';

/** A spectator who takes no more may hold back so many bytes. */
const MOST_WAITING = 4 * 1024 * 1024;
/** Key frames come once a second: more is a stream without them. */
const MOST_TAGS = 900;

export class MediaCopy {
  #configs = {};
  #since = [];
  #spectators = new Set();
  #base = null;

  /** @param {string} id */
  constructor(id) {
    this.id = id;
  }

  /** @param {import('../native/flv.js').FlvTag} tag */
  feed(tag) {
    if (tag.kind === 'other') return;
    this.#base ??= tag.timestamp;
    if (tag.config) {
      this.#configs[tag.kind] = tag;
    } else {
      if (tag.key || this.#since.length > MOST_TAGS) this.#since = [];
      this.#since.push(tag);
    }
    const bytes = this.#bytes(tag);
    for (const spectator of this.#spectators) this.#write(spectator, bytes);
  }

  /** @param {import('ws').WebSocket} spectator */
  show(spectator) {
    spectator.send(FLV_HEADER);
    for (const tag of [...Object.values(this.#configs), ...this.#since]) spectator.send(this.#bytes(tag));
    this.#spectators.add(spectator);
    spectator.on('error', () => {});
    spectator.on('close', () => this.#spectators.delete(spectator));
  }

  end() {
    for (const spectator of this.#spectators) spectator.close();
    this.#spectators.clear();
  }

  #bytes(tag) {
    return encodeTag(tag, Math.max(0, Math.round(tag.timestamp - this.#base)));
  }

  #write(spectator, bytes) {
    if (spectator.readyState !== spectator.OPEN) return;
    if (spectator.bufferedAmount > MOST_WAITING) spectator.terminate();
    else spectator.send(bytes);
  }
}
