import { messageOf } from '../../error.js';

/**
 * The ways to load the module that this WeChat has.
 * @param {Place} place
 * @returns {Way[]} at least one, the best first
 */
export function waysToLoad({ wasmPath, fallback }) {
  const javaScript = { name: FALLBACK, instantiate: (imports) => callFallback(fallback, imports), isFallback: true };
  if (typeof WXWebAssembly === 'undefined') return [javaScript];
  const places = wasmPath ? [wasmPath] : __PLACES__;
  /** @type {Way[]} */
  const ways = places.map((name) => ({
    name,
    instantiate: (imports) =>
      // WeChat resolves with an object that holds the instance; its typings promise the instance itself.
      Promise.resolve(WXWebAssembly.instantiate(name, imports)).then(
        (/** @type {any} */ result) => (result.instance || result).exports,
      ),
  }));
  return fallback ? ways.concat(javaScript) : ways;
}

function callFallback(fallback, imports) {
  if (!fallback) throw Error('init was given no fallback');
  return Promise.resolve(fallback()).then((create) => {
    if (typeof create !== 'function') throw Error(`fallback() gave ${typeof create}, not the file's function`);
    return create(imports);
  });
}

/**
 * What to do about a module that did not load.
 * @param {Failure} failure
 * @returns {string}
 */
export function adviceFor({ cause, way }) {
  const text = `${cause && cause.name} ${messageOf(cause)}`;
  if (way.isFallback) return typeof WXWebAssembly === 'undefined' ? HOW_TO_DO_WITHOUT : WHERE_TO_PUT_IT;
  if (/no answer/.test(text))
    return 'WeChat gave no answer: call init again. A fallback is used in that case: init(appId, { fallback })';
  if (/compile|link|magic|import|is not a (function|constructor)/i.test(text)) {
    const what = `The file is not the module of version ${__VERSION__}, or WeChat spoilt it`;
    return `${what}: copy miniapp-rtc.wasm of the same package as the script`;
  }
  return WHERE_TO_PUT_IT;
}

const FALLBACK = 'miniapp-rtc.fallback.js';
export const WHERE_TO_PUT_IT =
  'Put the module into the code package and name its place, counted from the package root, ' +
  'in init(appId, { wasmPath })';
const HOW_TO_DO_WITHOUT =
  'This WeChat is older than base library 2.13.0 and has no WXWebAssembly: put the file into the code package ' +
  `and give it in init(appId, { fallback: () => require('./${FALLBACK}') })`;

/**
 * @typedef {object} Place where the module lies
 * @property {string} [wasmPath] of the `.wasm` or `.wasm.br` file, from the root of the code package
 * @property {() => any} [fallback] gives what the fallback file exports, or a promise of it
 *
 * @typedef {object} Way of loading the module
 * @property {string} name of its file
 * @property {(imports: any) => any} instantiate gives the module's exports, or a promise of them
 * @property {boolean} [isFallback] whether it is the module as JavaScript
 *
 * @typedef {{ cause: any, way: Way }} Failure
 */
