/**
 * UTF-8 text codecs for an app-service that has none: the parts of TextEncoder and TextDecoder that generated glue
 * uses. Behaviour: Encoding Standard, "UTF-8 encoder" and "UTF-8 decoder".
 */

const REPLACEMENT = 0xfffd;

export class TextEncoder {
  /**
   * @param {string} [text] lone surrogates become U+FFFD
   * @returns {Uint8Array}
   */
  encode(text = '') {
    const bytes = new Uint8Array(text.length * 3);
    let length = 0;
    for (let i = 0; i < text.length; i++) {
      let point = text.charCodeAt(i);
      if (point >= 0xd800 && point < 0xe000) {
        const low = point < 0xdc00 ? text.charCodeAt(i + 1) : 0;
        if (low >= 0xdc00 && low < 0xe000) {
          point = ((point - 0xd800) << 10) + low - 0xdc00 + 0x10000;
          i++;
        } else {
          point = REPLACEMENT;
        }
      }
      if (point < 0x80) {
        bytes[length++] = point;
      } else {
        if (point < 0x800) {
          bytes[length++] = 0xc0 | (point >> 6);
        } else {
          if (point < 0x10000) {
            bytes[length++] = 0xe0 | (point >> 12);
          } else {
            bytes[length++] = 0xf0 | (point >> 18);
            bytes[length++] = 0x80 | ((point >> 12) & 63);
          }
          bytes[length++] = 0x80 | ((point >> 6) & 63);
        }
        bytes[length++] = 0x80 | (point & 63);
      }
    }
    return bytes.slice(0, length);
  }
}

export class TextDecoder {
  /**
   * @param {string} [_label] only UTF-8 is known
   * @param {{ fatal?: boolean, ignoreBOM?: boolean }} [options]
   */
  constructor(_label, options = {}) {
    this.fatal = !!options.fatal;
    this.ignoreBOM = !!options.ignoreBOM;
  }

  /**
   * @param {Uint8Array} [bytes]
   * @returns {string}
   * @throws {TypeError} on malformed input, when `fatal`
   */
  decode(bytes) {
    const units = [];
    let text = '';
    let point = 0;
    let needed = 0;
    let lower = 0x80;
    let upper = 0xbf;
    const put = (value) => {
      if (value < 0x10000) units.push(value);
      else units.push(0xd7c0 + (value >> 10), 0xdc00 | (value & 0x3ff));
      if (units.length > 8192) text += String.fromCharCode.apply(null, units.splice(0));
    };
    const malformed = () => {
      if (this.fatal) throw new TypeError('the bytes are not UTF-8');
      needed = 0;
      put(REPLACEMENT);
    };
    const start = bytes && !this.ignoreBOM && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    for (let i = start; bytes && i < bytes.length; i++) {
      const byte = bytes[i];
      if (needed && (byte < lower || byte > upper)) malformed();
      else if (needed) {
        lower = 0x80;
        upper = 0xbf;
        point = (point << 6) | (byte & 63);
        if (!--needed) put(point);
        continue;
      }
      lower = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
      upper = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
      if (byte < 0x80) put(byte);
      else if (byte < 0xc2 || byte > 0xf4) malformed();
      else {
        needed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        point = byte & (63 >> needed);
      }
    }
    if (needed) malformed();
    return text + String.fromCharCode.apply(null, units);
  }
}
