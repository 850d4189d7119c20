/**
 * The app-service: the JavaScript environment of one mini-program, with only what WeChat's offers, and the way into it.
 */

import { createConsole } from './console.js';
import { Modules } from './modules.js';
import { Realm } from './realm.js';
import { Timers } from './timers.js';
import { watchRejections } from './unhandled.js';
import { createWXWebAssembly } from './wasm.js';

export class AppService {
  #frozen = false;
  #closed = false;
  #waiting = [];
  #stopWatching;

  /**
   * @param {object} parts
   * @param {import('../options.js').PhoneOptions} parts.options
   * @param {import('../package-files.js').PackageFiles} parts.files
   * @param {Record<string, string>} [parts.aliases] `resolveAlias` of app.json
   * @param {(path: string) => void} parts.beforeLoad refuses files of a sub-package that is not loaded, by throwing
   * @param {(fault: { kind: string, message: string, where?: string, stack?: string }) => void} parts.onFault
   * @param {(level: string, message: string) => void} parts.onConsole
   */
  constructor({ options, files, aliases, beforeLoad, onFault, onConsole }) {
    this.onFault = onFault;
    this.realm = new Realm(options);
    this.timers = new Timers((what, callback) => this.enter(what, callback));
    this.modules = new Modules({ realm: this.realm, files, aliases, beforeLoad });
    this.#stopWatching = watchRejections(this.realm, (reason) => this.#unhandled(reason));
    this.#offerLanguage(options, onConsole);
    if (options.wxWebAssembly) {
      this.realm.define(
        'WXWebAssembly',
        createWXWebAssembly({
          realm: this.realm,
          files,
          options,
          beforeLoad,
          enter: (what, callback) => this.enter(what, callback),
        }),
      );
    }
  }

  #offerLanguage(options, onConsole) {
    const { realm, timers } = this;
    const offer = (name, hostFunction) => realm.define(name, realm.passThrough(hostFunction, name));
    offer('setTimeout', (callback, milliseconds, ...parameters) =>
      timers.set(callback, milliseconds, parameters, false),
    );
    offer('setInterval', (callback, milliseconds, ...parameters) =>
      timers.set(callback, milliseconds, parameters, true),
    );
    offer('clearTimeout', (id) => timers.clear(id));
    offer('clearInterval', (id) => timers.clear(id));
    realm.define('console', realm.handOver(createConsole(onConsole)));
    if (options.macrotaskPromise) {
      realm.useMacrotaskPromise(
        (callback) => {
          timers.set(callback, 0, [], false);
        },
        (reason) => this.#unhandled(reason),
      );
    }
    if (options.queueMicrotask) {
      offer('queueMicrotask', (callback) => {
        if (typeof callback !== 'function') throw new TypeError('queueMicrotask needs a function');
        queueMicrotask(() => this.enter('queueMicrotask', callback));
      });
    }
  }

  /**
   * Runs app code. While the phone is frozen it waits; an exception becomes a fault and is not thrown.
   * @returns {unknown} what the code returned, undefined when it waits or threw
   */
  enter(what, callback) {
    if (this.#closed) return undefined;
    if (this.#frozen) {
      this.#waiting.push([what, callback]);
      return undefined;
    }
    try {
      return callback();
    } catch (error) {
      this.fault('exception', error, what);
      return undefined;
    }
  }

  /** Like `enter`, in a task of its own: callbacks of WeChat never run inside the call that caused them. */
  later(what, callback) {
    setImmediate(() => this.enter(what, callback));
  }

  get frozen() {
    return this.#frozen;
  }

  freeze() {
    this.#frozen = true;
  }

  /** Lets time go on: what waited runs first, in the order it came. */
  thaw() {
    this.#frozen = false;
    while (this.#waiting.length > 0 && !this.#frozen && !this.#closed) {
      const [what, callback] = this.#waiting.shift();
      this.enter(what, callback);
    }
  }

  /** Records a fault of the app. */
  fault(kind, error, where) {
    const text = error && typeof error === 'object' ? (error.message ?? error.errMsg ?? JSON.stringify(error)) : error;
    const message = String(text);
    this.onFault({ kind, message, where, stack: error?.stack });
  }

  #unhandled(reason) {
    if (this.#closed) return;
    this.fault('unhandled-rejection', reason ?? 'undefined', 'a Promise');
    this.onUnhandledRejection?.(reason);
  }

  close() {
    this.#closed = true;
    this.#waiting = [];
    this.timers.clearAll();
    this.#stopWatching();
  }
}
