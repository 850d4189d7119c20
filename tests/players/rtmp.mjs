/**
 * An RTMP connection that pushes (Adobe's RTMP 1.0): ffmpeg's own would mend the time stamps that a test wants to
 * break.
 */

import { connect } from 'node:net';
import { once } from 'node:events';

const HANDSHAKE_BYTES = 1536;
const CHUNK_BYTES = 60_000;
const START_MS = 5_000;
const SET_CHUNK_SIZE = 1;
const COMMAND = 20;

export class RtmpPush {
  /** Connects, and resolves once the server takes the push. @param {string} url */
  static async open(url) {
    const [, host, port, application, name] = url.match(/^rtmp:\/\/([^:/]+):(\d+)\/([^/]+)\/(.+)$/);
    const socket = connect(Number(port), host);
    // That it broke shows in what players get.
    socket.on('error', () => {});
    await once(socket, 'connect');
    const push = new RtmpPush(socket);
    await push.#begin(application, name);
    return push;
  }

  /** @private use RtmpPush.open */
  constructor(socket) {
    this.socket = socket;
    this.received = Buffer.alloc(0);
    socket.on('data', (data) => {
      this.received = Buffer.concat([this.received, data]).subarray(-8192);
    });
  }

  async #begin(application, name) {
    this.socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(HANDSHAKE_BYTES)]));
    await this.#until(() => this.received.length >= 1 + 2 * HANDSHAKE_BYTES);
    this.socket.write(this.received.subarray(1, 1 + HANDSHAKE_BYTES));
    const size = Buffer.alloc(4);
    size.writeUInt32BE(CHUNK_BYTES);
    this.send(SET_CHUNK_SIZE, 0, size);
    this.send(
      COMMAND,
      0,
      Buffer.concat([
        text('connect'),
        number(1),
        Buffer.from([3, 0, 3]),
        Buffer.from('app'),
        text(application),
        Buffer.from([0, 0, 9]),
      ]),
    );
    this.send(COMMAND, 0, Buffer.concat([text('createStream'), number(2), Buffer.from([5])]));
    this.send(COMMAND, 0, Buffer.concat([text('publish'), number(3), Buffer.from([5]), text(name), text('live')]));
    await this.#until(() => this.received.includes('NetStream.Publish.Start'));
  }

  async #until(isSo) {
    const late = AbortSignal.timeout(START_MS);
    while (!isSo()) await once(this.socket, 'data', { signal: late });
  }

  /**
   * Sends a message. @param {number} type of RTMP and FLV @param {number} timestamp below 2^24 @param {Buffer} payload
   */
  send(type, timestamp, payload) {
    const header = Buffer.alloc(12);
    const chunkStream = type === SET_CHUNK_SIZE ? 2 : 4;
    header[0] = chunkStream;
    header.writeUIntBE(timestamp, 1, 3);
    header.writeUIntBE(payload.length, 4, 3);
    header[7] = type;
    header.writeUInt32LE(type === SET_CHUNK_SIZE ? 0 : 1, 8);
    const parts = [header, payload.subarray(0, CHUNK_BYTES)];
    for (let at = CHUNK_BYTES; at < payload.length; at += CHUNK_BYTES) {
      parts.push(Buffer.from([0xc0 | chunkStream]), payload.subarray(at, at + CHUNK_BYTES));
    }
    this.socket.write(Buffer.concat(parts));
  }

  /** Closes the connection without a word. */
  close() {
    this.socket.destroy();
  }
}

function text(value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([2, bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function number(value) {
  const bytes = Buffer.alloc(9);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}
