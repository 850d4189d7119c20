import { messageOf } from '../../error.js';

/**
 * The way to load the module in a browser.
 * @param {Place} place
 * @returns {Way[]} one
 */
export function waysToLoad({ wasmPath }) {
  const url = wasmPath ? new URL(wasmPath, document.baseURI) : new URL('miniapp-rtc.wasm', import.meta.url);
  return [
    { name: url.pathname, instantiate: (imports) => load(url, imports).then(({ instance }) => instance.exports) },
  ];
}

/** Compiles while the file arrives, where browser and server know how. */
async function load(url, imports) {
  const response = await fetch(url);
  if (!response.ok) throw Error(`HTTP status ${response.status}`);
  const isNamed = /^application\/wasm\b/.test(response.headers.get('content-type') || '');
  if (isNamed && WebAssembly.instantiateStreaming) return WebAssembly.instantiateStreaming(response, imports);
  return WebAssembly.instantiate(await response.arrayBuffer(), imports);
}

/**
 * What to do about a module that did not load.
 * @param {Failure} failure
 * @returns {string}
 */
export function adviceFor({ cause }) {
  const text = `${cause && cause.name} ${messageOf(cause)}`;
  if (/no answer/.test(text)) return 'The network is slow, or the server does not answer: call init again';
  if (/unsafe-eval|content security/i.test(text))
    return "Allow 'wasm-unsafe-eval' in the script-src of the page's Content-Security-Policy";
  if (/compile|link|magic|import/i.test(text))
    return `The file is not the module of version ${__VERSION__}: serve miniapp-rtc.wasm of the same package`;
  return WHERE_TO_PUT_IT;
}

export const WHERE_TO_PUT_IT =
  'Serve miniapp-rtc.wasm beside index.js of miniapp-rtc-web, or name its address in init(appId, { wasmPath })';

/**
 * @typedef {object} Place where the module lies
 * @property {string} [wasmPath] its address, counted from the page's
 *
 * @typedef {object} Way of loading the module
 * @property {string} name of its file
 * @property {(imports: any) => any} instantiate gives the module's exports, or a promise of them
 *
 * @typedef {{ cause: any, way: Way }} Failure
 */
