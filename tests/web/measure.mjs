/**
 * What a clapping stream was when it arrived: pictures, pitch of the tone, and how far the sound is from the picture. A
 * receiver gives lists of pictures and of hundredths of a second of sound, with times of one clock in milliseconds.
 */

const LOUD = 0.03;
/** Of the loudest; hundredths in which a tone begins or ends have no pitch. */
const STEADY = 0.8;

/**
 * @param {{ pictures: { at: number, age?: number, isWhite: boolean }[], sounds: { at: number, level: number, hertz:
 *   number }[] }} came
 */
export function measure({ pictures, sounds }) {
  const flashes = beginnings(pictures, ({ isWhite }) => isWhite);
  const beeps = beginnings(sounds, ({ level }) => level > LOUD);
  const lags = flashes.map((flash) => closest(beeps, flash)).filter((lag) => Math.abs(lag) < 500);
  const loud = sounds.filter(({ level }) => level > LOUD);
  const loudest = Math.max(...loud.map(({ level }) => level));
  const steady = loud.filter(({ level }) => level > STEADY * loudest);
  return {
    pictures: pictures.length,
    flashes: flashes.length,
    beeps: beeps.length,
    hertz: Math.round(typical(steady.map(({ hertz }) => hertz))),
    /** Positive: the sound comes after the picture. */
    lag: Math.round(middle(lags)),
    loudness: sounds.length ? loud.length / sounds.length : 0,
    heard: sounds.length,
  };
}

/** Times at which what is so begins to be so. */
function beginnings(list, isSo) {
  return list.filter((one, index) => index > 0 && isSo(one) && !isSo(list[index - 1])).map(({ at }) => at);
}

/** The mean of the middle half: where sound was concealed or stretched, the pitch is another. */
function typical(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const half = sorted.slice(Math.floor(sorted.length / 4), Math.ceil((sorted.length * 3) / 4));
  return half.reduce((sum, value) => sum + value, 0) / half.length;
}

function closest(times, to) {
  return times.reduce((best, time) => (Math.abs(time - to) < Math.abs(best) ? time - to : best), Infinity);
}

/** @param {number[]} values @param {number} [share] of the values that are below */
export function middle(values, share = 0.5) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] : NaN;
}
