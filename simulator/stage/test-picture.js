/** What stands in front of a phone's camera on the stage: its name, the time of day, and colours that move. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

const COLORS = [
  ['0x1b2a49', '0x2f80ed'],
  ['0x4a1942', '0xe0527e'],
  ['0x12372a', '0x2fae7a'],
  ['0x4a2c12', '0xe69138'],
];
let drawn = 0;
let canDraw;

/**
 * @param {string} name ASCII letters
 * @returns {Promise<string | undefined>} a graph of ffmpeg's filters for the option `native.picture`; undefined where
 *   this ffmpeg cannot write letters: then the phone takes its plain test picture
 */
export async function testPicture(name, ffmpeg = 'ffmpeg') {
  const [dark, bright] = COLORS[drawn % COLORS.length];
  drawn += 1;
  const letters = 'fontcolor=white:x=(w-tw)/2';
  const graph =
    `gradients=SIZE:c0=${dark}:c1=${bright}:nb_colors=2:x0=0:y0=0:x1=368:y1=640:speed=0.03,` +
    `drawbox=x='mod(t*60,iw)':y=ih-24:w=48:h=24:color=white:t=fill,` +
    `drawtext=text='${name}':fontsize=64:${letters}:y=h*0.34,` +
    `drawtext=text='%{localtime\\:%T}':fontsize=56:${letters}:y=h*0.5`;
  canDraw ??= run(ffmpeg, [
    '-hide_banner',
    '-f',
    'lavfi',
    '-i',
    graph.replace('SIZE', 'size=16x16:rate=1'),
    '-frames:v',
    '1',
    '-f',
    'null',
    '-',
  ]).then(
    () => true,
    () => false,
  );
  return (await canDraw) ? graph : undefined;
}
