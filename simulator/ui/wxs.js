/**
 * WXS as WeChat runs it, for a compiler that takes it for JavaScript: modules that require one another, `getRegExp`,
 * `getDate`, and `constructor`, which gives a name (`'Array'`) where JavaScript gives a function.
 */

import { joinPath, folderOf } from '../package-path.js';

const KIND = '$wxsKind';

/**
 * @param {string} source
 * @returns {{ code: string, requests: string[] }} requests: what it requires, as written, without `.wxs`
 */
export function translateScript(source) {
  const requests = [];
  const code = source
    .replace(/\brequire\(\s*(['"])([^'"]+?)(?:\.wxs)?\1\s*\)/g, (_all, quote, request) => {
      requests.push(request);
      return `require(${quote}${request}${quote})`;
    })
    .replace(
      /(\bgetRegExp\(\s*)(['"])((?:\\.|(?!\2).)*)\2/g,
      (_all, start, quote, pattern) => start + quote + keepEscapes(pattern) + quote,
    )
    .replace(/\.constructor\b/g, `[${KIND}]`);
  return { code, requests };
}

/** In WXS `'\d'` is a backslash and a d, as the patterns of Vant and TDesign rely on; in JavaScript it is a d. */
function keepEscapes(pattern) {
  return pattern.replace(/\\([^\\'"\nbfnrtvux0-9])|\\([0-9])|\\\\/g, (all) => (all === '\\\\' ? all : `\\${all}`));
}

/** The package path of a required script, without `.wxs`. */
export function requiredScript(request, from) {
  return request.startsWith('/') ? joinPath(request) : joinPath(folderOf(from), request);
}

/** An expression whose value is that of compiled templates, with what WXS offers around it. */
export function withWxsLibrary(templates) {
  return `(() => {
    const ${KIND} = Symbol('constructor');
    const kindOf = (value) => Object.prototype.toString.call(value).slice(8, -1);
    Object.defineProperty(Object.prototype, ${KIND}, { get() { return kindOf(this); }, configurable: true });
    const getRegExp = (pattern, flags) => new RegExp(pattern, flags);
    const getDate = (...parts) => new Date(...parts);
    return ${templates};
  })()`;
}
