/**
 * How long pictures are under way: from the moment an encoder gave one to the moment a player received the same bytes.
 */

import { fingerprintOfLengths } from './page/fingerprint.js';

const KEPT_MS = 15_000;
/** What stands before the units of H.264 in a picture of FLV. */
const FLV_HEAD = 5;

export class Delays {
  /** By fingerprint: who sent the picture, and when. */
  #sent = new Map();

  /**
   * @param {string | null} picture its fingerprint
   * @param {string} from who encoded it
   * @param {number} [at] of Unix time
   */
  sent(picture, from, at = Date.now()) {
    if (picture === null) return;
    this.#sent.set(picture, { from, at });
    for (const [key, known] of this.#sent) {
      if (at - known.at < KEPT_MS) break;
      this.#sent.delete(key);
    }
  }

  /** @returns {{ from: string, ms: number } | null} null for a picture that nobody here has sent */
  received(picture, at = Date.now()) {
    const sent = this.#sent.get(picture);
    return sent ? { from: sent.from, ms: Math.max(0, at - sent.at) } : null;
  }
}

/** @param {import('../native/flv.js').FlvTag} tag @returns {string | null} null for what is no picture */
export function pictureIn(tag) {
  return tag.kind === 'video' && !tag.config ? fingerprintOfLengths(tag.body.subarray(FLV_HEAD)) : null;
}
