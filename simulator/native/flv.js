/**
 * FLV tags, read from and written to byte streams: just enough to look at a stream and hand it on. Source: Adobe FLV
 * 10.1, Annex E.
 */

const HEADER_BYTES = 13;
const TAG_HEADER_BYTES = 11;
const AUDIO = 8;
const VIDEO = 9;

/** The raw data block of an AAC-LC mono frame that decodes to 1024 zero samples. */
const SILENT_AAC_MONO = Buffer.from([0x00, 0xc8, 0x00, 0x80, 0x23, 0x80]);

/** The FLV header for a stream with audio and video. */
export const FLV_HEADER = Buffer.from([0x46, 0x4c, 0x56, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0]);

/**
 * @typedef {object} FlvTag
 * @property {'audio' | 'video' | 'other'} kind
 * @property {number} timestamp milliseconds
 * @property {boolean} config a decoder configuration, not a frame
 * @property {boolean} key a video frame that decoding can start from
 * @property {Buffer} body
 */

/** Cuts a byte stream into tags. */
export class FlvReader {
  #rest = Buffer.alloc(0);
  #headerSeen = false;

  /** @param {Buffer} chunk @returns {FlvTag[]} */
  feed(chunk) {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const tags = [];
    if (!this.#headerSeen) {
      if (this.#rest.length < HEADER_BYTES) return tags;
      this.#rest = this.#rest.subarray(HEADER_BYTES);
      this.#headerSeen = true;
    }
    for (;;) {
      if (this.#rest.length < TAG_HEADER_BYTES) return tags;
      const size = this.#rest.readUIntBE(1, 3);
      const total = TAG_HEADER_BYTES + size + 4;
      if (this.#rest.length < total) return tags;
      tags.push(parse(this.#rest.subarray(0, total), size));
      this.#rest = this.#rest.subarray(total);
    }
  }
}

function parse(bytes, size) {
  const type = bytes[0];
  const timestamp = bytes.readUIntBE(4, 3) + bytes[7] * 0x1000000;
  const body = bytes.subarray(TAG_HEADER_BYTES, TAG_HEADER_BYTES + size);
  if (type === AUDIO) return { kind: 'audio', timestamp, config: body[1] === 0, key: false, body };
  if (type === VIDEO)
    return { kind: 'video', timestamp, config: body[1] === 0, key: body[0] >> 4 === 1 && body[1] === 1, body };
  return { kind: 'other', timestamp, config: false, key: false, body };
}

/** @param {FlvTag} tag @param {number} timestamp @returns {Buffer} */
export function encodeTag(tag, timestamp) {
  const size = tag.body.length;
  const bytes = Buffer.alloc(TAG_HEADER_BYTES + size + 4);
  bytes[0] = tag.kind === 'audio' ? AUDIO : tag.kind === 'video' ? VIDEO : 18;
  bytes.writeUIntBE(size, 1, 3);
  bytes.writeUIntBE(timestamp & 0xffffff, 4, 3);
  bytes[7] = (timestamp >>> 24) & 0xff;
  tag.body.copy(bytes, TAG_HEADER_BYTES);
  bytes.writeUInt32BE(TAG_HEADER_BYTES + size, TAG_HEADER_BYTES + size);
  return bytes;
}

/** The same audio tag, holding silence. @param {FlvTag} tag @returns {FlvTag} */
export function silenced(tag) {
  return { ...tag, body: Buffer.concat([tag.body.subarray(0, 2), SILENT_AAC_MONO]) };
}
