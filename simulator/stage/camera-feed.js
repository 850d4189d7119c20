/**
 * A browser's camera as inputs of ffmpeg: what the browser recorded is decoded once, and each capture of the phone gets
 * pictures and sound from that moment on, uncompressed, over two ports of the loopback interface.
 */

import { createServer } from 'node:net';
import { endProcess, startProcess } from '../native/processes.js';

const HOST = '127.0.0.1';
const SOUND_RATE = 48_000;
const SAMPLE_BYTES = 2;
/** A capture that takes no more may hold back so many pictures. */
const MOST_PICTURES = 8;

export class CameraFeed {
  #child;
  #ports = [];

  /** @param {import('../options.js').PhoneOptions} options of the phone */
  constructor({ ffmpeg, native }) {
    const { width, height, fps } = native;
    Object.assign(this, { width, height, fps });
    const size = `${width}:${height}`;
    this.#child = startProcess(
      ffmpeg,
      [
        ...['-hide_banner', '-loglevel', 'error', '-fflags', 'nobuffer', '-probesize', '100000', '-i', 'pipe:0'],
        ...['-map', '0:v', '-vf', `scale=${size}:force_original_aspect_ratio=increase,crop=${size},fps=${fps}`],
        ...['-pix_fmt', 'yuv420p', '-f', 'rawvideo', 'pipe:1'],
        ...['-map', '0:a', '-ar', String(SOUND_RATE), '-ac', '1', '-f', 's16le', 'pipe:3'],
      ],
      // The phone's own capture tells of an ffmpeg that is not there.
      { stdio: ['pipe', 'pipe', 'ignore', 'pipe'], onMissing: () => {} },
    );
  }

  /** Opens the ports, and waits for the first picture; after that `source` is what a phone takes. */
  async start() {
    const picture = (this.width * this.height * 3) / 2;
    this.#ports = await Promise.all([
      Port.open(this.#child.stdout, picture, picture * MOST_PICTURES),
      Port.open(this.#child.stdio[3], SAMPLE_BYTES, SOUND_RATE * SAMPLE_BYTES),
    ]);
    await this.#ports[0].begun;
    const [video, audio] = this.#ports.map(({ address }) => address);
    // Everything is known of raw media: nothing has to be looked at first.
    const known = ['-probesize', '32', '-analyzeduration', '0'];
    const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${this.width}x${this.height}`];
    /** @type {import('../native/capture.js').Source} */
    this.source = {
      video: [...known, ...raw, '-framerate', String(this.fps), '-i', video],
      audio: [...known, '-f', 's16le', '-ar', String(SOUND_RATE), '-ac', '1', '-i', audio],
    };
  }

  /** @param {Buffer} chunk of WebM */
  write(chunk) {
    if (this.#child.stdin.writable) this.#child.stdin.write(chunk);
  }

  close() {
    for (const port of this.#ports) port.close();
    return endProcess(this.#child);
  }
}

/** Hands a stream of whole blocks to everyone who connects, from the next block on. */
class Port {
  #rest = Buffer.alloc(0);
  #takers = new Set();

  static async open(stream, block, most) {
    const port = new Port(stream, block, most);
    await new Promise((resolve, reject) => {
      port.server.once('error', reject);
      port.server.listen(0, HOST, resolve);
    });
    return port;
  }

  /** @private use Port.open */
  constructor(stream, block, most) {
    Object.assign(this, { block, most });
    this.server = createServer((taker) => {
      this.#takers.add(taker);
      taker.on('error', () => {});
      taker.on('close', () => this.#takers.delete(taker));
    });
    /** Resolves with the first block. */
    this.begun = new Promise((resolve) => {
      stream.once('data', resolve);
    });
    stream.on('data', (chunk) => this.#take(chunk));
  }

  get address() {
    return `tcp://${HOST}:${this.server.address().port}`;
  }

  close() {
    for (const taker of this.#takers) taker.destroy();
    this.server.close();
  }

  #take(chunk) {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const whole = bytes.length - (bytes.length % this.block);
    this.#rest = bytes.subarray(whole);
    if (whole === 0) return;
    for (const taker of this.#takers) if (taker.writableLength < this.most) taker.write(bytes.subarray(0, whole));
  }
}
