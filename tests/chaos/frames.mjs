/** Reads the frames of the wire protocol from the bytes that one end sent over a connection, as a bystander. */

const TEXT = 1;
const CONTINUATION = 0;

export class FrameReader {
  #rest = Buffer.alloc(0);
  #inHandshake = true;
  #parts = [];

  /** @param {(frame: any) => void} onFrame gets each text message, parsed */
  constructor(onFrame) {
    this.onFrame = onFrame;
  }

  /** @param {Buffer} bytes the next bytes of the connection */
  feed(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (this.#inHandshake) {
      const end = this.#rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#rest = this.#rest.subarray(end + 4);
      this.#inHandshake = false;
    }
    for (let size = this.#message(); size > 0; size = this.#message()) this.#rest = this.#rest.subarray(size);
  }

  /**
   * Takes the WebSocket frame at the front. @returns its size, or 0 while it is not complete (RFC 6455, section 5.2)
   */
  #message() {
    const head = this.#rest;
    if (head.length < 2) return 0;
    let length = head[1] & 0x7f;
    let start = 2;
    if (length === 126) {
      if (head.length < 4) return 0;
      [length, start] = [head.readUInt16BE(2), 4];
    } else if (length === 127) {
      if (head.length < 10) return 0;
      [length, start] = [Number(head.readBigUInt64BE(2)), 10];
    }
    const mask = (head[1] & 0x80) !== 0 ? head.subarray(start, start + 4) : null;
    if (mask) start += 4;
    if (head.length < start + length) return 0;
    const kind = head[0] & 0x0f;
    const payload = Buffer.from(head.subarray(start, start + length));
    if (mask) for (let index = 0; index < length; index += 1) payload[index] ^= mask[index % 4];
    if (kind === TEXT || kind === CONTINUATION) this.#text(payload, (head[0] & 0x80) !== 0);
    return start + length;
  }

  #text(payload, isLast) {
    this.#parts.push(payload);
    if (!isLast) return;
    const text = Buffer.concat(this.#parts).toString('utf8');
    this.#parts = [];
    this.onFrame(JSON.parse(text));
  }
}
