/**
 * A realm: one JavaScript context that offers nothing but the language, as WeChat's app-service does, and a way in for
 * the host.
 */

import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const inside = new vm.Script(readFileSync(new URL('./realm-inside.js', import.meta.url), 'utf8'), {
  filename: 'simulator:realm-inside.js',
});
const macrotaskPromise = new vm.Script(readFileSync(new URL('./macrotask-promise.js', import.meta.url), 'utf8'), {
  filename: 'simulator:macrotask-promise.js',
});

/**
 * @typedef {{ globalThis: boolean, finalizationRegistry: boolean, bigInt: boolean, functionReturnThis: boolean }}
 * RealmSwitches
 */

export class Realm {
  #context;
  #tools;

  /** @param {RealmSwitches} switches what the language itself offers */
  constructor(switches) {
    this.#context = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: true } });
    this.#tools = inside.runInContext(this.#context)({ ...switches });
    this.namesAtStart = null;
  }

  get global() {
    return this.#tools.global;
  }

  /** Constructors of this realm, also those that the app cannot reach (`WebAssembly`). */
  get intrinsics() {
    return this.#tools.intrinsics;
  }

  /** Replaces `Promise` by the macrotask polyfill of WeChat on old iOS. */
  useMacrotaskPromise(later, reportUnhandled) {
    this.define('Promise', macrotaskPromise.runInContext(this.#context)(later, reportUnhandled));
  }

  /**
   * Makes a value of the host one of this realm: plain data is copied, functions wrapped, own values pass unchanged.
   */
  handOver(value) {
    return this.#tools.handOver(value);
  }

  /** A function of this realm whose result is already a value of this realm and must keep its identity. */
  passThrough(hostFunction, name) {
    return this.#tools.callable(hostFunction, name, true);
  }

  /** A promise of this realm (of whatever `Promise` is there). */
  promise(executor) {
    return this.#tools.promise(executor);
  }

  error(message) {
    return this.#tools.error(message);
  }

  /** Whether a promise was made by code of this realm; tells which phone an unhandled rejection belongs to. */
  ownsPromise(value) {
    return this.#tools.isOurPromise(value);
  }

  define(name, value) {
    this.#tools.define(name, value);
  }

  forget(name) {
    this.#tools.forget(name);
  }

  /** Names on the global object that were not there when the app's code began. */
  addedGlobals() {
    const known = new Set(this.namesAtStart ?? []);
    return [...this.#tools.globalNames()].filter((name) => !known.has(name));
  }

  rememberGlobals() {
    this.namesAtStart = this.#tools.globalNames();
  }

  /** Runs a script and gives its value. */
  run(script) {
    const compiled = typeof script === 'string' ? new vm.Script(script, { filename: 'simulator:anonymous' }) : script;
    return compiled.runInContext(this.#context);
  }

  /** Compiles a function body of this realm with named parameters. Throws the SyntaxError of the engine. */
  compile(code, parameters, filename) {
    return vm.compileFunction(code, parameters, { parsingContext: this.#context, filename });
  }
}
