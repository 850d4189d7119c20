/** The files of a mini-program package on disk. */

import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve, sep } from 'node:path';

/** The files of one mini-program package, by package path (`pages/join/join.js`, no leading slash). */
export class PackageFiles {
  /** @param {string} root folder that holds app.json */
  constructor(root) {
    this.root = realpathSync(resolve(root));
    if (!existsSync(join(this.root, 'app.json'))) {
      throw new Error(`${this.root} is not a mini-program: it has no app.json. Give the folder that holds app.json as root.`);
    }
  }

  has(path) {
    const place = this.#place(path);
    return place !== null && existsSync(place) && statSync(place).isFile();
  }

  text(path) { return this.bytes(path).toString('utf8'); }

  /** @returns {Buffer} a buffer of its own, never a slice of a pool */
  bytes(path) {
    const place = this.#place(path);
    if (place === null || !existsSync(place)) throw new Error(`no such file in the package: ${path}`);
    return Buffer.from(new Uint8Array(readFileSync(place)).buffer);
  }

  json(path) {
    try {
      return JSON.parse(this.text(path));
    } catch (error) {
      throw new Error(`${path}: ${error.message}`);
    }
  }

  #place(path) {
    if (isAbsolute(path) || path.includes('\0')) return null;
    const place = resolve(this.root, path);
    return place.startsWith(this.root + sep) ? place : null;
  }
}
