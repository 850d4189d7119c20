/** A row of the table: what is measured, of which SDK, and how. `cargo xtask bench` prints them. */

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {string} unit
 * @property {number | null} ours
 * @property {number | null} [trtc] trtc-wx-sdk
 * @property {number | null} [zego] zego-express-engine-miniprogram
 * @property {string} how
 * @property {string} [fault] why the figure is not acceptable
 */

/** @param {Row[]} rows */
export function print(rows) {
  console.log(JSON.stringify(rows));
}

/** @param {number[]} numbers */
export function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}
