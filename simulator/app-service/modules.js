/**
 * The module system of a mini-program: CommonJS, scripts and `.json` by path, packages in `miniprogram_npm`, nothing
 * outside.
 */

import { aliased, npmPlaces, resolvePath } from '../package-path.js';

export class ModuleError extends Error {
  constructor(message) {
    super(message);
    this.name = 'ModuleError';
  }
}

export class Modules {
  #cache = new Map();

  /**
   * @param {object} parts
   * @param {import('./realm.js').Realm} parts.realm
   * @param {import('../package-files.js').PackageFiles} parts.files
   * @param {Record<string, string>} [parts.aliases] `resolveAlias` of app.json
   * @param {(path: string) => void} [parts.beforeLoad] refuses a path by throwing (a sub-package that is not loaded)
   */
  constructor({ realm, files, aliases = {}, beforeLoad }) {
    this.realm = realm;
    this.files = files;
    this.aliases = aliases;
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
    const body = this.#compile(`'use strict';${this.files.scripts.code(path)}`, path);
    const require = this.realm.passThrough((request) => this.load(this.resolve(request, path)), 'require');
    body.call(undefined, require, module, module.exports);
  }

  #compile(code, path) {
    try {
      return this.realm.compile(code, ['require', 'module', 'exports'], path);
    } catch (error) {
      const [place] = String(error.stack).split('\n');
      throw new ModuleError(place.startsWith(`${path}:`) ? `${place}: ${error.message}` : `${path}: ${error.message}`);
    }
  }

  /** The package path that `require(request)` means in the file `from`. */
  resolve(request, from) {
    if (typeof request !== 'string' || request === '') throw new ModuleError('require needs a path');
    const wanted = aliased(request, this.aliases);
    if (!/^\.{0,2}\//.test(wanted)) return this.#resolveNpm(wanted, from);
    const joined = resolvePath(wanted, from);
    if (joined.startsWith('..'))
      throw new ModuleError(`module '${request}' required by '${from}' lies outside the package`);
    const found = this.#file(joined);
    if (!found) throw new ModuleError(`module '${joined}' is not defined, require args is '${request}' (in '${from}')`);
    return found;
  }

  #resolveNpm(request, from) {
    const places = npmPlaces(request, from);
    // DevTools puts the helpers of what it compiled into the root, and asks for them by this name in files that lie
    // there.
    if (request.startsWith('@babel/runtime/')) places.push(request);
    for (const place of places) {
      const found = this.#file(place);
      if (found) return found;
    }
    throw new ModuleError(
      `module '${request}' is not defined (in '${from}'): paths begin with ./ or ../, ` +
        'packages lie in miniprogram_npm (DevTools: "build npm")',
    );
  }

  #file(path) {
    if (path.endsWith('.json')) return this.files.has(path) ? path : undefined;
    const bare = path.replace(/\.ts$/, '');
    const candidates = path.endsWith('.js') ? [path, `${path}.js`] : [`${bare}.js`, `${path}/index.js`];
    return candidates.find((candidate) => this.files.scripts.has(candidate));
  }
}
