import createGlue from '#core';
import { messageOf, RtcError } from './error.js';
import { ERROR_CODES } from './names.js';
import { adviceFor, waysToLoad, WHERE_TO_PUT_IT } from '#platform/module.js';
import { createWebSocketClass } from './socket.js';
import { TextDecoder, TextEncoder } from '#platform/text.js';

/**
 * Loads one instance of the module: what one Client lives in, so that a trap ends no other Client. Where WXWebAssembly
 * fails, for whatever cause, the fallback that was given stands in.
 *
 * @param {Place} place
 * @param {(run: () => void) => void} enter runs each call that a socket, timer or microtask makes into the module
 * @param {Set<{ close(): void }>} sockets that the instance has open
 * @param {(glue: Glue) => any} create makes the core; what it throws counts as a failure to load
 * @returns {Promise<any>} the core
 */
export function loadCore(place, enter, sockets, create) {
  const ways = waysToLoad(place);
  return new Promise((resolve, reject) => {
    /** @type {Failure[]} */
    const failures = [];
    let begun = 0;
    let isLoaded = false;

    function begin() {
      if (isLoaded || begun === ways.length) return;
      const way = ways[begun++];
      // Made for this attempt alone: glue keeps views of the memory of the instance that it had first.
      const glue = createGlue(hostFor(enter, sockets));
      // A way without an answer may still answer while the next is tried.
      const impatience = setTimeout(begin, PATIENCE);
      const deadline = setTimeout(fail, LOAD_DEADLINE, Error(`no answer in ${LOAD_DEADLINE} ms`));
      let isOver = false;

      function fail(cause) {
        if (isOver || isLoaded) return;
        isOver = true;
        clearTimeout(impatience);
        clearTimeout(deadline);
        failures.push({ cause, way });
        if (failures.length === ways.length) reject(loadError(failures));
        else begin();
      }

      Promise.resolve({ './miniapp_rtc_bg.js': glue })
        .then(way.instantiate)
        .then((exports) => {
          if (isOver || isLoaded) return;
          glue.__wbg_set_wasm(exports);
          resolve(create(glue));
          isLoaded = true;
          clearTimeout(impatience);
          clearTimeout(deadline);
        })
        .catch(fail);
    }

    begin();
  });
}

/** What stands in for globals that WeChat lacks, or that have to be watched. */
function hostFor(enter, sockets) {
  const queueMicrotask = (run) => Promise.resolve().then(() => enter(run));
  return {
    WebSocket: createWebSocketClass(enter, sockets),
    TextEncoder,
    TextDecoder,
    setTimeout: (run, delay) => setTimeout(() => enter(run), delay),
    queueMicrotask,
    // Where the generated code looks up whether there is a queueMicrotask.
    globalThis: { queueMicrotask },
  };
}

/** @param {Failure[]} failures */
function loadError(failures) {
  const names = failures.map(({ way }) => way.name).join(' or ');
  const causes = failures.map(({ cause }) => messageOf(cause)).join('; ');
  const advices = failures.map(adviceFor);
  // A file that lies at none of two places is less of a cause than one that was found.
  const advice = advices.find((text) => text !== WHERE_TO_PUT_IT) || WHERE_TO_PUT_IT;
  return new RtcError(ERROR_CODES.CORE_FAILED, `cannot load ${names}: ${causes}. ${advice}`);
}

/** Loading takes tens of milliseconds; a platform that never answers must not look like endless loading. */
const LOAD_DEADLINE = 10000;
/** Another way of loading begins when the one before has not answered by then. */
const PATIENCE = 3000;

/**
 * @typedef {import('#platform/module.js').Place} Place
 * @typedef {import('#platform/module.js').Failure} Failure
 */
