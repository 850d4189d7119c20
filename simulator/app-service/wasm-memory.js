/**
 * A memory whose growth does not detach the old buffer, as on engines that replace it.
 *
 * A real `WebAssembly.Memory` always detaches, so JavaScript sees a copy: it is written into the module's memory before
 * wasm runs and read back after. When the memory grew, the copy is a new ArrayBuffer and the old one stays readable and
 * stale: writes into it are lost. Slow (two copies a crossing), for tests only.
 */
export class CopiedMemory {
  #real;

  /** @param {import('./realm.js').Realm} realm */
  constructor(realm) {
    this.realm = realm;
  }

  /** Imports whose functions see and leave a copy in step with the module's memory. */
  wrapImports(imports) {
    const wrapped = {};
    for (const module of Object.keys(imports)) {
      wrapped[module] = {};
      for (const name of Object.keys(imports[module])) {
        const value = imports[module][name];
        if (value instanceof this.realm.intrinsics.WebAssembly.Memory) {
          throw new Error('memoryGrowDetaches: false works for an exported memory only, this module imports one');
        }
        wrapped[module][name] = typeof value === 'function' ? this.#outward(value) : value;
      }
    }
    return wrapped;
  }

  /** Exports with the memory replaced by the copied one. */
  wrapExports(exports) {
    const { Memory } = this.realm.intrinsics.WebAssembly;
    const wrapped = {};
    for (const name of Object.keys(exports)) {
      const value = exports[name];
      if (value instanceof Memory) wrapped[name] = this.#adopt(value);
      else wrapped[name] = typeof value === 'function' ? this.#inward(value) : value;
    }
    return wrapped;
  }

  #adopt(memory) {
    this.#real = memory;
    this.#readBack();
    const own = this;
    return {
      get buffer() {
        return own.buffer;
      },
      grow(pages) {
        const before = memory.grow(pages);
        own.#readBack();
        return before;
      },
    };
  }

  #inward(exported) {
    const own = this;
    return function call(...parameters) {
      own.#writeDown();
      try {
        return exported.apply(this, parameters);
      } finally {
        own.#readBack();
      }
    };
  }

  #outward(imported) {
    const own = this;
    return function call(...parameters) {
      own.#readBack();
      try {
        return imported.apply(this, parameters);
      } finally {
        own.#writeDown();
      }
    };
  }

  #writeDown() {
    if (!this.#real) return;
    new Uint8Array(this.#real.buffer).set(new Uint8Array(this.buffer));
  }

  #readBack() {
    if (!this.#real) return;
    const real = new Uint8Array(this.#real.buffer);
    if (!this.buffer || this.buffer.byteLength !== real.byteLength) {
      this.buffer = new this.realm.intrinsics.ArrayBuffer(real.byteLength);
    }
    new Uint8Array(this.buffer).set(real);
  }
}
