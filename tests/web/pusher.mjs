/** A stranger's encoder: ffmpeg that pushes the picture and tone of `page/layout.js` by RTMP. */

import { startProgram } from './program.mjs';
import { blocksOf, HEIGHT, isFlash, WIDTH } from './page/layout.js';

const FRAMES_PER_SECOND = 15;
const SAMPLE_RATE = 48_000;
const BLACK = 16;
const WHITE = 235;
/** The fastest of libx264 that use what the profile has. */
const PRESETS = { baseline: 'ultrafast', high: 'superfast' };

/**
 * Pushes until the test is over.
 * @param {import('node:test').TestContext} t
 * @param {string[]} command ffmpeg, or what runs it, but for its arguments
 * @param {string} url
 * @param {number} frequency of the tone, in hertz
 * @param {{ env?: object, profile?: 'baseline' | 'high' }} [how] `env` of the command; `profile` of the H.264
 */
export function push(t, command, url, frequency, { env = process.env, profile = 'baseline' } = {}) {
  const child = startProgram(
    t,
    [
      ...command,
      ...['-hide_banner', '-loglevel', 'error'],
      ...[
        '-f',
        'rawvideo',
        '-pix_fmt',
        'gray',
        '-s',
        `${WIDTH}x${HEIGHT}`,
        '-r',
        String(FRAMES_PER_SECOND),
        '-i',
        'pipe:0',
      ],
      ...['-f', 's16le', '-ar', String(SAMPLE_RATE), '-ac', '1', '-i', 'pipe:3'],
      ...['-map', '0:v', '-map', '1:a', '-c:v', 'libx264', '-profile:v', profile, '-pix_fmt', 'yuv420p'],
      ...[
        '-preset',
        PRESETS[profile],
        '-tune',
        'zerolatency',
        '-g',
        '30',
        '-b:v',
        '400k',
        '-c:a',
        'aac',
        '-b:a',
        '64k',
      ],
      ...['-flush_packets', '1', '-max_interleave_delta', '0', '-f', 'flv', url],
    ],
    {
      env,
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    },
  );
  const [pictures, , , sounds] = child.stdio;
  // That it broke shows in what receivers get.
  for (const pipe of [pictures, sounds]) pipe.on('error', () => {});
  const begin = Date.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (; sent < ((Date.now() - begin) * FRAMES_PER_SECOND) / 1000; sent += 1) {
      const at = begin + (sent * 1000) / FRAMES_PER_SECOND;
      pictures.write(picture(at));
      sounds.write(sound(at, sent, frequency));
    }
  }, 10);
  t.after(() => {
    clearInterval(timer);
  });
}

function picture(at) {
  const gray = Buffer.alloc(WIDTH * HEIGHT, BLACK);
  const fill = ([x, y, width, height]) => {
    for (let row = y; row < y + height; row += 1) gray.fill(WHITE, row * WIDTH + x, row * WIDTH + x + width);
  };
  blocksOf(at).forEach(fill);
  if (isFlash(at)) fill([0, HEIGHT / 2, WIDTH, HEIGHT / 2]);
  return gray;
}

function sound(at, frame, frequency) {
  const samples = SAMPLE_RATE / FRAMES_PER_SECOND;
  const pcm = Buffer.alloc(2 * samples);
  if (!isFlash(at)) return pcm;
  for (let i = 0; i < samples; i += 1) {
    const time = (frame * samples + i) / SAMPLE_RATE;
    pcm.writeInt16LE(Math.round(16_000 * Math.sin(2 * Math.PI * frequency * time)), 2 * i);
  }
  return pcm;
}
