/**
 * A short name of a coded picture, the same wherever the picture is met: in FLV, where lengths part its units, and in a
 * browser, where start codes do. It is made of the first slice alone, as servers may write anew what stands before it.
 */

/** Types of H.264's units that hold a slice: of a picture like any other, and of one that decoding can start from. */
const SLICES = [1, 5];

/** @param {Uint8Array} bytes units of H.264, each behind its length of four bytes @returns {string | null} */
export function fingerprintOfLengths(bytes) {
  for (let at = 0; at + 4 < bytes.length; ) {
    const length = ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
    const start = at + 4;
    at = start + length;
    if (isSlice(bytes[start])) return nameOf(bytes, start, Math.min(at, bytes.length));
  }
  return null;
}

/** @param {Uint8Array} bytes units of H.264, each behind a start code @returns {string | null} */
export function fingerprintOfStartCodes(bytes) {
  for (let start = next(bytes, 0); start < bytes.length; start = next(bytes, start)) {
    if (!isSlice(bytes[start])) continue;
    const following = next(bytes, start);
    return nameOf(bytes, start, following < bytes.length ? following - 3 : bytes.length);
  }
  return null;
}

function isSlice(header) {
  return SLICES.includes(header & 0x1f);
}

/** Where the next unit begins, behind its start code; the end where there is none. */
function next(bytes, from) {
  for (let at = from; at + 3 < bytes.length; at += 1)
    if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) return at + 3;
  return bytes.length;
}

/** Two hashes of 32 bits (FNV-1a, with two primes) and the length. */
function nameOf(bytes, start, end) {
  // Zeros at the end belong to the start code that follows.
  while (end > start && bytes[end - 1] === 0) end -= 1;
  let one = 0x811c9dc5;
  let other = 0x9e3779b9;
  for (let at = start; at < end; at += 1) {
    one = Math.imul(one ^ bytes[at], 0x01000193);
    other = Math.imul(other ^ bytes[at], 0x85ebca6b);
  }
  return `${(one >>> 0).toString(36)}.${(other >>> 0).toString(36)}.${end - start}`;
}
