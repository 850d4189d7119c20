/** Numbers as people write them on a command line, and what is said of those that cannot be. */

/** A timer takes no longer time. */
const LONGEST_S = Math.floor(0x7fffffff / 1000);
const LAST_PORT = 65_535;

/** @param {string} [text] of `--seconds` @returns {number | null} null where none is given: until Ctrl-C */
export function secondsOf(text) {
  if (text === undefined) return null;
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds <= LONGEST_S) return seconds;
  throw new Error(`--seconds needs a positive number, ${LONGEST_S} at most, not '${text}'`);
}

/** @param {string} [text] of `--port` @returns {number} 0 where none is given: any free one */
export function portOf(text = '0') {
  if (/^\d+$/.test(text) && Number(text) <= LAST_PORT) return Number(text);
  throw new Error(`--port needs a number from 0 to ${LAST_PORT}, not '${text}'`);
}
