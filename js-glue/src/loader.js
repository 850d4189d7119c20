import createGlue from '#core';
import { messageOf, RtcError } from './error.js';
import { ERROR_CODES } from './names.js';
import { createWebSocketClass } from './platform/socket.js';
import { TextDecoder, TextEncoder } from './platform/text.js';

/**
 * Loads one instance of the WASM module: what one Client lives in, so that a trap ends no other Client.
 *
 * @param {string} path of the `.wasm` or `.wasm.br` file, from the root of the code package
 * @param {(run: () => void) => void} enter runs each call that a socket, timer or microtask makes into the module
 * @param {Set<{ close(): void }>} sockets that the instance has open
 * @returns {Promise<Glue>}
 */
export function loadCore(path, enter, sockets) {
  const queueMicrotask = (run) => Promise.resolve().then(() => enter(run));
  const glue = createGlue({
    WebSocket: createWebSocketClass(enter, sockets),
    TextEncoder,
    TextDecoder,
    setTimeout: (run, delay) => setTimeout(() => enter(run), delay),
    queueMicrotask,
    Promise: ModulePromise,
    // Where the generated code looks up whether there is a queueMicrotask.
    globalThis: { queueMicrotask },
  });
  return new Promise((resolve, reject) => {
    const fail = (cause) => {
      clearTimeout(deadline);
      reject(
        new RtcError(
          ERROR_CODES.CORE_FAILED,
          `cannot load ${path}: ${messageOf(cause)}. Put the module into the code package and name its place, ` +
            'counted from the package root, in init(appId, { wasmPath })',
        ),
      );
    };
    const deadline = setTimeout(fail, LOAD_DEADLINE, `no answer in ${LOAD_DEADLINE} ms`);
    if (typeof WXWebAssembly === 'undefined') {
      fail('this WeChat has no WXWebAssembly, which base library 2.13.0 brought');
      return;
    }
    WXWebAssembly.instantiate(path, { './miniapp_rtc_bg.js': /** @type {any} */ (glue) })
      // WeChat resolves with an object that holds the instance; its typings promise the instance itself.
      .then((/** @type {any} */ result) => {
        clearTimeout(deadline);
        glue.__wbg_set_wasm((result.instance || result).exports);
        resolve(glue);
      })
      .catch(fail);
  });
}

/**
 * A Promise that the module makes. It settles in a Promise reaction of its own, so that outcomes and events, which the
 * module makes in one go, reach the application in the order in which they were made.
 */
function ModulePromise(executor) {
  const later = (settle) => (value) => {
    Promise.resolve().then(() => settle(value));
  };
  return new Promise((resolve, reject) => executor(later(resolve), later(reject)));
}
ModulePromise.resolve = (value) => Promise.resolve(value);

/** Loading takes tens of milliseconds; a platform that never answers must not look like endless loading. */
const LOAD_DEADLINE = 10000;
