/** The module system of a mini-program: CommonJS, paths relative to the file, `.js` and `.json`, nothing outside the package. */

import { folderOf, joinPath, resolvePath } from '../package-path.js';

export class ModuleError extends Error {
  constructor(message) { super(message); this.name = 'ModuleError'; }
}

export class Modules {
  #cache = new Map();

  /**
   * @param {object} parts
   * @param {import('./realm.js').Realm} parts.realm
   * @param {import('../package-files.js').PackageFiles} parts.files
   * @param {(path: string) => void} [parts.beforeLoad] refuses a path by throwing (a sub-package that is not loaded)
   */
  constructor({ realm, files, beforeLoad }) {
    this.realm = realm;
    this.files = files;
    this.beforeLoad = beforeLoad;
  }

  /** Runs the file at a package path (without leading slash) once and gives its exports. */
  load(path) {
    const known = this.#cache.get(path);
    if (known) return known.exports;
    this.beforeLoad?.(path);
    const module = this.realm.handOver({ exports: {} });
    this.#cache.set(path, module);
    try {
      if (path.endsWith('.json')) module.exports = this.realm.global.JSON.parse(this.files.text(path));
      else this.#run(path, module);
    } catch (error) {
      this.#cache.delete(path);
      throw error;
    }
    return module.exports;
  }

  #run(path, module) {
    // DevTools puts the directive in front of every file it packs.
    const body = this.realm.compile(`'use strict';${this.files.text(path)}`, ['require', 'module', 'exports'], path);
    const require = this.realm.passThrough((request) => this.load(this.resolve(request, path)), 'require');
    body.call(undefined, require, module, module.exports);
  }

  /** The package path that `require(request)` means in the file `from`. */
  resolve(request, from) {
    if (typeof request !== 'string' || request === '') throw new ModuleError('require needs a path');
    const relative = request.startsWith('./') || request.startsWith('../');
    if (!relative) return this.#resolveNpm(request, from);
    const joined = resolvePath(request, from);
    if (joined.startsWith('..')) throw new ModuleError(`module '${request}' required by '${from}' lies outside the package`);
    const found = this.#file(joined);
    if (!found) throw new ModuleError(`module '${joined}' is not defined, require args is '${request}' (in '${from}')`);
    return found;
  }

  #resolveNpm(request, from) {
    for (let folder = folderOf(from); ; folder = folderOf(folder)) {
      const found = this.#file(joinPath(folder, 'miniprogram_npm', request));
      if (found) return found;
      if (folder === '') break;
    }
    throw new ModuleError(`module '${request}' is not defined (in '${from}'): paths are relative, packages lie in miniprogram_npm`);
  }

  #file(path) {
    const candidates = /\.(js|json)$/.test(path) ? [path] : [`${path}.js`, `${path}/index.js`];
    if (path.endsWith('.js')) candidates.push(`${path}.js`);
    return candidates.find((candidate) => this.files.has(candidate));
  }
}
