/**
 * What stands in front of a phone's camera and at its microphone: the picture and the tone of `page/layout.js`, as
 * filters of ffmpeg. The flash follows the phone's own time, as the tone does, so that both are at the same time
 * stamps.
 */

import { completeOptions } from '../../simulator/options.js';
import { COLUMNS, FLASH_MS, ROWS } from './page/layout.js';

const { width, height, fps } = completeOptions({ root: '' }).native;
const flash = (seconds) => `lt(mod(${seconds},1),${FLASH_MS / 1000})`;
/** Of the time of its making, `T`: the highest bit is first. */
const bit = `mod(floor(T*1000/pow(2,31-X-${COLUMNS}*Y)),2)`;

/** A pixel for each block, made in real time, and then enlarged. */
export const CAMERA = [
  `nullsrc=size=${COLUMNS}x${ROWS}:rate=${fps}`,
  'format=gray',
  'realtime',
  'settb=1/1000',
  'setpts=RTCTIME/1000000/TB',
  `geq=lum='235*if(lt(Y,${ROWS / 2}),${bit},${flash(`N/${fps}`)})'`,
  `settb=1/${fps}`,
  'setpts=N',
  `scale=${width}:${height}:flags=neighbor`,
  'format=yuv420p',
].join(',');

/** @param {number} hertz of the tone */
export const microphone = (hertz) => `aevalsrc=exprs='0.5*sin(2*PI*${hertz}*t)*${flash('t')}':s=RATE`;
