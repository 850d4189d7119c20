/**
 * How long pictures are under way: from the moment an encoder gave one to the moment a player received the same bytes.
 */

import { createHash } from 'node:crypto';

const KEPT_MS = 15_000;

export class Delays {
  #sent = new Map();

  /** @param {string} from name of the phone @param {import('../native/flv.js').FlvTag} tag */
  sent(from, tag) {
    if (tag.kind !== 'video' || tag.config) return;
    const now = Date.now();
    this.#sent.set(fingerprint(tag), { from, at: now });
    for (const [key, { at }] of this.#sent) {
      if (now - at < KEPT_MS) break;
      this.#sent.delete(key);
    }
  }

  /** @returns {{ from: string, ms: number } | null} null for a picture that no phone here has sent */
  received(tag) {
    if (tag.kind !== 'video' || tag.config) return null;
    const sent = this.#sent.get(fingerprint(tag));
    return sent ? { from: sent.from, ms: Date.now() - sent.at } : null;
  }
}

/** The coded picture alone: what stands before it, a server may write anew. */
function fingerprint({ body }) {
  return createHash('sha1').update(body.subarray(5)).digest('base64');
}
