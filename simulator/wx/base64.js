/** `wx.arrayBufferToBase64` and its inverse. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function base64Api() {
  return { arrayBufferToBase64: encode, base64ToArrayBuffer: decode };
}

function encode(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const digits = [18, 12, 6, 0].map((shift) => ALPHABET[(group >> shift) & 63]);
    text += digits
      .slice(0, Math.min(3, bytes.length - at) + 1)
      .join('')
      .padEnd(4, '=');
  }
  return text;
}

function decode(text) {
  const digits = [...String(text).replace(/[^A-Za-z0-9+/]/g, '')].map((digit) => ALPHABET.indexOf(digit));
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  for (let at = 0; at < bytes.length; at += 1) {
    const digit = Math.floor((at * 4) / 3);
    const shift = (at % 3) * 2 + 2;
    bytes[at] = ((digits[digit] << shift) | ((digits[digit + 1] ?? 0) >> (6 - shift))) & 255;
  }
  return bytes.buffer;
}
