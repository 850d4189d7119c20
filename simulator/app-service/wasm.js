/** `WXWebAssembly`: instantiates a module by package path only, with the limits of WeChat on the chosen platform. */

import { brotliDecompressSync } from 'node:zlib';
import { CopiedMemory } from './wasm-memory.js';
import { whyNotMvp } from './wasm-mvp.js';

/**
 * @param {object} parts
 * @param {import('./realm.js').Realm} parts.realm
 * @param {import('../package-files.js').PackageFiles} parts.files
 * @param {{ platform: string, memoryGrowDetaches: boolean, instanceShape: 'wrapped' | 'bare' }} parts.options
 * @param {(path: string) => void} parts.beforeLoad refuses the path of a sub-package that is not loaded, by throwing
 * @param {(what: string, callback: () => void) => void} parts.enter
 */
export function createWXWebAssembly({ realm, files, options, beforeLoad, enter }) {
  const { WebAssembly } = realm.intrinsics;
  const iOS = options.platform === 'ios';

  async function instantiate(path, imports) {
    const bytes = readModule(path, files, beforeLoad);
    if (iOS) {
      const reason = await whyNotMvp(bytes);
      if (reason) throw new Error(`CompileError: invalid wasm file '${path}': ${reason}`);
    }
    const module = await compile(path, bytes);
    if (WebAssembly.Module.imports(module).length > 0 && (imports === null || typeof imports !== 'object')) {
      throw new TypeError('WXWebAssembly.instantiate: the imports object is mandatory, this module imports something');
    }
    const copied = options.memoryGrowDetaches ? null : new CopiedMemory(realm);
    const instance = new WebAssembly.Instance(module, copied ? copied.wrapImports(imports ?? {}) : imports);
    let exports = copied ? copied.wrapExports(instance.exports) : instance.exports;
    if (iOS) exports = withoutGlobals(exports, WebAssembly.Global);
    const seen = exports === instance.exports ? instance : { exports };
    return options.instanceShape === 'bare' ? seen : { instance: seen };
  }

  async function compile(path, bytes) {
    try {
      return new WebAssembly.Module(bytes);
    } catch (error) {
      throw new Error(`CompileError: invalid wasm file '${path}': ${error.message}`);
    }
  }

  const facade = realm.handOver({});
  facade.instantiate = realm.passThrough(
    (path, imports) =>
      realm.promise((resolve, reject) => {
        instantiate(path, imports).then(
          (result) => enter('WXWebAssembly.instantiate', () => resolve(keepShape(realm, result))),
          (error) => enter('WXWebAssembly.instantiate', () => reject(toRealmError(realm, error))),
        );
      }),
    'instantiate',
  );
  return facade;
}

function readModule(path, files, beforeLoad) {
  if (typeof path !== 'string') {
    throw new TypeError(
      'WXWebAssembly.instantiate: the first argument must be a path in the code package, not bytes or a Module',
    );
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) throw new Error('WXWebAssembly.instantiate: a URL is not a package path');
  const inPackage = path.replace(/^\//, '');
  if (!/\.wasm(\.br)?$/.test(inPackage)) {
    throw new Error(`WXWebAssembly.instantiate: '${path}' must end in .wasm or .wasm.br`);
  }
  beforeLoad(inPackage);
  if (!files.has(inPackage)) throw new Error(`WXWebAssembly.instantiate: file '${path}' is not in the code package`);
  const bytes = files.bytes(inPackage);
  return inPackage.endsWith('.br') ? brotliDecompressSync(bytes) : bytes;
}

/** The exports as iOS gives them: reading an exported Global throws. */
function withoutGlobals(exports, Global) {
  const shown = {};
  for (const name of Object.keys(exports)) {
    const value = exports[name];
    if (value instanceof Global) {
      Object.defineProperty(shown, name, {
        enumerable: true,
        get() {
          throw new TypeError(`WebAssembly export '${name}' is a Global: not supported on iOS`);
        },
      });
    } else {
      shown[name] = value;
    }
  }
  return Object.freeze(shown);
}

/** The result as an object of the realm that keeps the identity of exports (functions, memory). */
function keepShape(realm, result) {
  if (!result.instance) return result;
  const outer = realm.handOver({});
  outer.instance = result.instance;
  return outer;
}

function toRealmError(realm, error) {
  return error instanceof realm.intrinsics.Error ? error : realm.error(error.message);
}
