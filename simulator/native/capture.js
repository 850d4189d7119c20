/**
 * The camera, the microphone and the encoder of one phone: an ffmpeg process that makes H.264 baseline and AAC as FLV
 * tags.
 */

import { createHash } from 'node:crypto';
import { startProcess, endProcess } from './processes.js';
import { FlvReader } from './flv.js';

const AUDIO_KBPS = 48;
const GOP_SECONDS = 1;

/**
 * @typedef {object} Source inputs of ffmpeg, each with its options before `-i`, that come at the speed of time
 * @property {string[]} video @property {string[]} audio
 */

export class Capture {
  #child = null;

  /**
   * @param {object} parts
   * @param {import('../options.js').PhoneOptions} parts.options
   * @param {{ camera: boolean, position: string, kbps: number, audioRate: number }} parts.wish camera false: the
   *   picture is black
   * @param {Source | null} parts.source what is captured; null: the test picture and the tone
   * @param {() => void} parts.onOpened the devices are open
   * @param {(tag: import('./flv.js').FlvTag) => void} parts.onTag
   * @param {(error: Error) => void} parts.onFailure
   */
  constructor(parts) {
    Object.assign(this, parts);
  }

  start() {
    const child = startProcess(this.options.ffmpeg, captureParameters(this.options, this.wish, this.source), {
      stdio: ['ignore', 'pipe', 'pipe'],
      onMissing: (error) => this.onFailure(error),
    });
    this.#child = child;
    const reader = new FlvReader();
    let opened = false;
    const open = () => {
      if (opened) return;
      opened = true;
      this.onOpened();
    };
    let log = '';
    child.stderr.on('data', (chunk) => {
      log = (log + chunk).slice(-2000);
      if (log.includes('Output #0')) open();
    });
    child.stdout.on('data', (chunk) => {
      // Log and media come through two pipes: media is proof enough that the devices are open.
      open();
      for (const tag of reader.feed(chunk)) if (this.#child === child && tag.kind !== 'other') this.onTag(tag);
    });
    child.on('exit', (code) => {
      if (this.#child !== child) return;
      this.#child = null;
      this.onFailure(new Error(`the encoder ended with ${code}: ${log.trim().split('\n').slice(-3).join(' | ')}`));
    });
  }

  stop() {
    const child = this.#child;
    this.#child = null;
    return endProcess(child);
  }
}

/** A colour and a tone of its own for each phone name, so that streams can be told apart. */
function identity(name) {
  const digest = createHash('sha256').update(name).digest();
  return { color: `0x${digest.toString('hex', 0, 3)}`, tone: 300 + digest[3] * 3 };
}

function captureParameters({ name, native }, { camera, position, kbps, audioRate }, source) {
  const { color, tone } = identity(name);
  const size = `size=${native.width}x${native.height}:rate=${native.fps}`;
  const bar = `drawbox=x=0:y=${position === 'back' ? 'ih-ih/8' : '0'}:w=iw:h=ih/8:color=${native.color ?? color}:t=fill`;
  const scene = native.picture?.replaceAll('SIZE', size) ?? `testsrc2=${size},${bar}`;
  const picture = camera ? scene : `color=c=black:${size}`;
  const sound =
    native.sound?.replaceAll('RATE', String(audioRate)) ?? `sine=frequency=${tone}:sample_rate=${audioRate}`;
  const gop = Math.max(1, Math.round(native.fps * GOP_SECONDS));
  return [
    '-hide_banner',
    '-loglevel',
    'info',
    '-nostats',
    '-nostdin',
    // A picture that is made in real time would be probed for seconds, and lie there for as long.
    ...(camera && source ? source.video : ['-re', '-fpsprobesize', '0', '-f', 'lavfi', '-i', picture]),
    ...(source?.audio ?? ['-re', '-f', 'lavfi', '-i', sound]),
    '-map',
    '0:v',
    '-map',
    '1:a',
    ...(source ? ['-vf', filling(native), '-ar', String(audioRate)] : []),
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-profile:v',
    'baseline',
    '-pix_fmt',
    'yuv420p',
    '-threads',
    '1',
    '-g',
    String(gop),
    '-keyint_min',
    String(gop),
    '-sc_threshold',
    '0',
    '-b:v',
    `${kbps}k`,
    '-maxrate',
    `${kbps}k`,
    '-bufsize',
    `${kbps}k`,
    '-c:a',
    'aac',
    '-ac',
    '1',
    '-b:a',
    `${AUDIO_KBPS}k`,
    '-flush_packets',
    '1',
    '-flvflags',
    'no_duration_filesize',
    '-f',
    'flv',
    'pipe:1',
  ];
}

/** Any picture, so large that it fills the phone's, and the rest cut off. */
function filling({ width, height, fps }) {
  return `scale=${width}:${height}:force_original_aspect_ratio=increase,crop=${width}:${height},setsar=1,fps=${fps}`;
}
