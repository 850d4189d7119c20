import createGlue from '#core';
import { messageOf, RtcError } from './error.js';
import { ERROR_CODES } from './names.js';
import { createWebSocketClass } from './platform/socket.js';
import { TextDecoder, TextEncoder } from './platform/text.js';

/**
 * Loads one instance of the module: what one Client lives in, so that a trap ends no other Client.
 *
 * @param {Place} place
 * @param {(run: () => void) => void} enter runs each call that a socket, timer or microtask makes into the module
 * @param {Set<{ close(): void }>} sockets that the instance has open
 * @returns {Promise<Glue>}
 */
export function loadCore(place, enter, sockets) {
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
  const { name, instantiate, advice } = typeof WXWebAssembly === 'undefined' ? javaScript(place) : webAssembly(place);
  return new Promise((resolve, reject) => {
    const fail = (cause) => {
      clearTimeout(deadline);
      reject(new RtcError(ERROR_CODES.CORE_FAILED, `cannot load ${name}: ${messageOf(cause)}. ${advice}`));
    };
    const deadline = setTimeout(fail, LOAD_DEADLINE, `no answer in ${LOAD_DEADLINE} ms`);
    Promise.resolve({ './miniapp_rtc_bg.js': glue })
      .then(instantiate)
      .then((exports) => {
        clearTimeout(deadline);
        glue.__wbg_set_wasm(exports);
        resolve(glue);
      })
      .catch(fail);
  });
}

/** @param {Place} place */
function webAssembly({ wasmPath }) {
  const places = wasmPath ? [wasmPath] : __PLACES__;
  return {
    name: places.join(' or '),
    instantiate: (imports) => instantiateOneOf(places, imports, []),
    advice: 'Put the module into the code package and name its place, counted from the package root, in init(appId, { wasmPath })',
  };
}

/**
 * The exports of the first place that gives an instance.
 * @param {string[]} places at least one
 * @param {any} imports
 * @param {string[]} causes why the places before did not
 * @returns {Promise<object>}
 */
function instantiateOneOf(places, imports, causes) {
  const [path, ...others] = places;
  return Promise.resolve()
    .then(() => WXWebAssembly.instantiate(path, imports))
    .then(
      // WeChat resolves with an object that holds the instance; its typings promise the instance itself.
      (/** @type {any} */ result) => (result.instance || result).exports,
      (cause) => {
        causes.push(messageOf(cause));
        if (!others.length) throw Error(causes.join('; '));
        return instantiateOneOf(others, imports, causes);
      },
    );
}

/** @param {Place} place */
function javaScript({ fallback }) {
  return {
    name: FALLBACK,
    instantiate(imports) {
      if (!fallback) throw Error('init was given no fallback');
      return Promise.resolve(fallback()).then((create) => {
        if (typeof create !== 'function') throw Error(`fallback() gave ${typeof create}, not the file's function`);
        return create(imports);
      });
    },
    advice:
      'This WeChat is older than base library 2.13.0 and has no WXWebAssembly: put the file into the code package and give it in ' +
      `init(appId, { fallback: () => require('./${FALLBACK}') })`,
  };
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

const FALLBACK = 'miniapp-rtc.fallback.js';

/**
 * @typedef {object} Place where the module lies
 * @property {string} [wasmPath] of the `.wasm` or `.wasm.br` file, from the root of the code package
 * @property {() => any} [fallback] gives what the fallback file exports, or a promise of it
 */
