/**
 * The copy of one native tag's media for those who look on: FLV from the newest key frame, over HTTP, for as long as
 * the tag's connection lasts.
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
    for (const response of this.#spectators) this.#write(response, bytes);
  }

  /** @param {import('node:http').ServerResponse} response */
  show(response) {
    response.writeHead(200, { 'content-type': 'video/x-flv', 'cache-control': 'no-store' });
    response.write(FLV_HEADER);
    for (const tag of [...Object.values(this.#configs), ...this.#since]) response.write(this.#bytes(tag));
    this.#spectators.add(response);
    response.on('close', () => this.#spectators.delete(response));
  }

  end() {
    for (const response of this.#spectators) response.end();
    this.#spectators.clear();
  }

  #bytes(tag) {
    return encodeTag(tag, Math.max(0, Math.round(tag.timestamp - this.#base)));
  }

  #write(response, bytes) {
    if (response.writableLength > MOST_WAITING) response.destroy();
    else response.write(bytes);
  }
}
