/** A stranger's player: ffmpeg that pulls an address, decodes it, and says what each picture and sound is. */

import { createInterface } from 'node:readline';

import { ageOf, COLUMNS, ROWS } from './page/layout.js';
import { endProgram, startProgram } from './program.mjs';

const SILENCE_DB = -100;

/**
 * Pulls for that many seconds of media.
 * @param {import('node:test').TestContext} t
 * @param {string[]} command ffmpeg, or what runs it, but for its arguments
 * @param {string} url RTMP or HTTP-FLV
 * @param {number} seconds
 * @param {object} [env] of the command
 * @returns {Promise<{ pictures: { at: number, isWhite: boolean }[], sounds: { at: number, level: number, hertz: number
 *   }[], ages: number[] }>} times in milliseconds of the stream's clock; ages of the later pictures when they were
 *   decoded
 */
export async function pull(t, command, url, seconds, env = process.env) {
  const look = 'crop=iw:ih/4:0:ih/2+ih/8,scale=2:2,format=gray,showinfo';
  const read = `scale=${COLUMNS}:${ROWS}:flags=area,format=gray`;
  const listen =
    'aformat=sample_rates=48000:channel_layouts=mono,asetnsamples=480,astats=metadata=1:reset=1,ametadata=print:file=-';
  const child = startProgram(
    t,
    [
      ...command,
      ...[
        '-hide_banner',
        '-nostats',
        '-nostdin',
        '-loglevel',
        'info',
        '-fflags',
        'nobuffer',
        '-threads',
        '1',
        '-i',
        url,
      ],
      ...['-filter_complex', `[0:v]split[a][b];[a]${look}[look];[b]${read}[read]`],
      ...['-map', '[look]', '-fps_mode', 'passthrough', '-f', 'null', '-'],
      ...['-map', '[read]', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-flush_packets', '1', 'pipe:3'],
      ...['-map', '0:a', '-af', listen, '-f', 'null', '-'],
    ],
    {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  const ages = readClocks(child.stdio[3]);
  const pictures = [];
  const sounds = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    const shown = line.match(/ pts_time:([\d.]+) .* mean:\[(\d+)/);
    if (shown) pictures.push({ at: Number(shown[1]) * 1000, isWhite: Number(shown[2]) > 150 });
  });
  let sound;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const begin = line.match(/ pts_time:([\d.]+)/);
    if (begin) {
      sound = { at: Number(begin[1]) * 1000, level: 0, hertz: 0 };
      sounds.push(sound);
    }
    const [, level] = line.match(/Overall\.RMS_level=(-?[\d.]+)/) ?? [];
    if (level !== undefined && Number(level) > SILENCE_DB) sound.level = 10 ** (Number(level) / 20);
    const [, rate] = line.match(/\.1\.Zero_crossings_rate=([\d.]+)/) ?? [];
    if (rate !== undefined) sound.hertz = (Number(rate) * 48_000) / 2;
  });
  const late = setTimeout(() => void endProgram(child), (seconds + 8) * 1000);
  const isEnough = (list) => list.length > 1 && list.at(-1).at - list[0].at >= seconds * 1000;
  const looker = setInterval(() => {
    if (isEnough(pictures) && isEnough(sounds)) void endProgram(child);
  }, 50);
  await new Promise((resolve) => {
    child.once('exit', resolve);
  });
  clearInterval(looker);
  clearTimeout(late);
  // The first ones lay in the media server.
  return { pictures, sounds, ages: ages.slice(ages.length / 2) };
}

/** The age of each picture that comes, one byte for each block. */
function readClocks(pipe) {
  const ages = [];
  let rest = Buffer.alloc(0);
  pipe.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= COLUMNS * ROWS; rest = rest.subarray(COLUMNS * ROWS)) {
      const blocks = rest;
      const brightness = (x, y) => blocks[Math.floor(y * ROWS) * COLUMNS + Math.floor(x * COLUMNS)] / 255;
      ages.push(ageOf(brightness, Date.now()));
    }
  });
  return ages;
}
