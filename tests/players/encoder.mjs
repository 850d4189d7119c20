/**
 * Publishers as strangers have them: ffmpeg that pushes by itself, and an encoder whose clock and tracks a test holds.
 */

import { FlvReader } from '../../simulator/native/flv.js';
import { endProcess, startProcess } from '../../simulator/native/processes.js';
import { RtmpPush } from './rtmp.mjs';

const TYPES = { audio: 8, video: 9, other: 18 };
/** The middle of what 24 bits can say: there is an hour to both sides. */
const CLOCK = 7_000_000;

/**
 * Pushes a test picture and a tone until the test is over, with ffmpeg's own options but for these.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 * @param {string[]} [options] of the encoder
 */
export function pushWithFfmpeg(t, url, options = []) {
  startFfmpeg(t, [...options, '-f', 'flv', url]);
}

/** An encoder of which a test decides what of it is sent, when, and with which time stamps. */
export class Encoder {
  #push = null;
  #configurations = new Map();
  #shift = CLOCK;
  #awaitsKey = true;

  /** @param {import('node:test').TestContext} t @param {{ camera?: boolean }} [how] */
  constructor(t, { camera = true } = {}) {
    this.camera = camera;
    const reader = new FlvReader();
    const ffmpeg = startFfmpeg(t, ['-tune', 'zerolatency', '-g', '25', '-flush_packets', '1', '-f', 'flv', 'pipe:1']);
    ffmpeg.stdout.on('data', (chunk) => reader.feed(chunk).forEach((tag) => this.#take(tag)));
    t.after(() => this.#push?.close());
  }

  /** Connects, in place of the connection before; pictures begin with a key frame. */
  async connect(url) {
    this.disconnect();
    const push = await RtmpPush.open(url);
    this.#awaitsKey = true;
    for (const kind of ['other', 'audio']) this.#send(push, this.#configurations.get(kind));
    this.#push = push;
  }

  disconnect() {
    this.#push?.close();
    this.#push = null;
  }

  /** The clock jumps. @param {number} milliseconds */
  jump(milliseconds) {
    this.#shift += milliseconds;
  }

  #take(tag) {
    if (tag.config || tag.kind === 'other') {
      this.#configurations.set(tag.kind, tag);
      if (tag.kind !== 'video') this.#send(this.#push, tag);
    } else if (tag.kind === 'audio') {
      this.#send(this.#push, tag);
    } else {
      if (this.#awaitsKey && this.camera && tag.key) {
        this.#send(this.#push, { ...this.#configurations.get('video'), timestamp: tag.timestamp });
        this.#awaitsKey = this.#push === null;
      }
      this.#awaitsKey ||= !this.camera;
      if (!this.#awaitsKey) this.#send(this.#push, tag);
    }
  }

  #send(push, tag) {
    if (tag) push?.send(TYPES[tag.kind], tag.timestamp + this.#shift, tag.body);
  }
}

function startFfmpeg(t, output) {
  const input = [
    '-re',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=320x180:rate=25',
    '-re',
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=440:sample_rate=44100',
  ];
  const codecs = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  const child = startProcess(
    'ffmpeg',
    ['-nostdin', '-hide_banner', '-loglevel', 'error', ...input, ...codecs, ...output],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      onMissing: (error) => {
        throw error;
      },
    },
  );
  t.after(() => endProcess(child));
  return child;
}
