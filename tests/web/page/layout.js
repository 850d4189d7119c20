/**
 * The picture that all publishers of these tests send: in its upper half the time of its making, 32 bits of
 * `Date.now()` as two rows of 16 blocks, white for one; in its lower half white for the first fifth of each second,
 * when the tone sounds too.
 */
export const WIDTH = 320;
export const HEIGHT = 240;
export const COLUMNS = 16;
/** Two of the clock, and as many below. */
export const ROWS = 4;
/** Milliseconds of each second. */
export const FLASH_MS = 200;
const BLOCK = { width: WIDTH / COLUMNS, height: HEIGHT / ROWS };

/** The blocks of a time that are white: `[x, y, width, height]`. */
export function blocksOf(milliseconds) {
  const low = Math.floor(milliseconds) >>> 0;
  const blocks = [];
  for (let bit = 0; bit < 32; bit += 1)
    if ((low >>> (31 - bit)) & 1) blocks.push([left(bit), top(bit), BLOCK.width, BLOCK.height]);
  return blocks;
}

/**
 * Milliseconds between the time that a picture shows and now.
 * @param {(x: number, y: number) => number} brightness at a place from 0 to 1
 * @param {number} now of the same clock
 */
export function ageOf(brightness, now) {
  let shown = 0;
  for (let bit = 0; bit < 32; bit += 1) {
    const isWhite = brightness((left(bit) + BLOCK.width / 2) / WIDTH, (top(bit) + BLOCK.height / 2) / HEIGHT) > 0.5;
    shown = shown * 2 + (isWhite ? 1 : 0);
  }
  return ((Math.floor(now) >>> 0) - shown) | 0;
}

/** Whether the picture of this moment is white below, and the tone sounds. */
export const isFlash = (milliseconds) => milliseconds % 1000 < FLASH_MS;

/** Where the lower half of a picture is looked at, from 0 to 1. */
export const LOOK_AT = [0.5, 0.75];

const left = (bit) => (bit % COLUMNS) * BLOCK.width;
const top = (bit) => Math.floor(bit / COLUMNS) * BLOCK.height;
