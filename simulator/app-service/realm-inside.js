// The inside of a realm: the first script that runs in a phone's context. It takes away what WeChat's app-service does
// not have and returns the tools with which the host hands values over. Its value is a function of the switches.
(function prepareRealm(switches) {
  'use strict';

  const global = globalThis;
  const NativeFunction = Function;
  const intrinsics = {
    ArrayBuffer,
    Error,
    TypeError,
    Function: NativeFunction,
    Object,
    Promise,
    Uint8Array,
    WebAssembly,
    String,
    Number,
    Boolean,
    Array,
  };

  const ABSENT = ['WebAssembly', 'SharedArrayBuffer', 'Atomics'];
  if (!switches.finalizationRegistry) ABSENT.push('FinalizationRegistry', 'WeakRef');
  if (!switches.bigInt) ABSENT.push('BigInt', 'BigInt64Array', 'BigUint64Array');
  if (!switches.globalThis) ABSENT.push('globalThis');
  for (const name of ABSENT) delete global[name];

  // The app-service calls its global object `global` as well, also where `globalThis` is not bound.
  Object.defineProperty(global, 'global', { value: global, writable: true, configurable: true, enumerable: true });

  // `new Function` is refused except for the one text that polyfills use to reach the global object.
  function FunctionOfTheAppService(...texts) {
    if (switches.functionReturnThis && texts.length === 1 && /^\s*return this;?\s*$/.test(String(texts[0]))) {
      return function anonymous() {
        return global;
      };
    }
    throw new EvalError('Code generation from strings disallowed for this context');
  }
  FunctionOfTheAppService.prototype = NativeFunction.prototype;
  Object.defineProperty(FunctionOfTheAppService, 'name', { value: 'Function' });
  Object.defineProperty(NativeFunction.prototype, 'constructor', {
    value: FunctionOfTheAppService,
    writable: true,
    configurable: true,
  });
  Object.defineProperty(global, 'Function', {
    value: FunctionOfTheAppService,
    writable: true,
    configurable: true,
    enumerable: false,
  });

  const isOurs = (value) => value instanceof intrinsics.Object;

  /** A function of this realm that calls one of the host; what the host throws arrives as an Error of this realm. */
  function callable(hostFunction, name, returnsOurs) {
    const wrapped = function (...parameters) {
      let result;
      try {
        result = hostFunction.apply(this, parameters);
      } catch (error) {
        if (isOurs(error)) throw error;
        const Kind = error?.name === 'TypeError' ? intrinsics.TypeError : intrinsics.Error;
        throw new Kind(error?.message ? error.message : String(error));
      }
      return returnsOurs ? result : handOver(result);
    };
    Object.defineProperty(wrapped, 'name', { value: name || hostFunction.name || '' });
    return wrapped;
  }

  function buffer(bytes) {
    const copy = new intrinsics.ArrayBuffer(bytes.byteLength);
    new intrinsics.Uint8Array(copy).set(bytes);
    return copy;
  }

  /** A value of the host as a value of this realm: plain data is copied, functions are wrapped, our own values pass. */
  function handOver(value) {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return value;
    if (isOurs(value)) return value;
    if (typeof value === 'function') return callable(value);
    const kind = Object.prototype.toString.call(value);
    if (kind === '[object ArrayBuffer]') return buffer(new intrinsics.Uint8Array(value));
    if (ArrayBuffer.isView(value)) return buffer(value);
    if (kind === '[object Error]') return new intrinsics.Error(value.message);
    if (Array.isArray(value)) return Array.from(value, handOver);
    const copy = {};
    for (const key of Object.keys(value)) {
      const field = value[key];
      copy[key] = typeof field === 'function' && !isOurs(field) ? callable(field, key) : handOver(field);
    }
    return copy;
  }

  return {
    global,
    intrinsics,
    handOver,
    callable,
    promise: (executor) => new global.Promise(executor),
    error: (message) => new intrinsics.Error(message),
    isOurPromise: (value) => value instanceof intrinsics.Promise,
    define: (name, value) =>
      Object.defineProperty(global, name, {
        value,
        writable: true,
        configurable: true,
        enumerable: true,
      }),
    forget: (name) => delete global[name],
    globalNames: () => Object.getOwnPropertyNames(global),
  };
});
