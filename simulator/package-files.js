/** The files of a mini-program package on disk. */

import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve, sep } from 'node:path';
import { Scripts } from './scripts.js';

/** The files of one mini-program package, by package path (`pages/join/join.js`, no leading slash). */
export class PackageFiles {
  /**
   * @param {string} root folder that holds app.json, or a project whose project.config.json names it as
   * `miniprogramRoot`
   */
  constructor(root) {
    this.root = packageRoot(root);
    this.scripts = new Scripts(this);
  }

  has(path) {
    const place = this.#place(path);
    return place !== null && existsSync(place) && statSync(place).isFile();
  }

  text(path) {
    return this.bytes(path).toString('utf8');
  }

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

  /** @returns {string[] | null} names in a folder, null when there is no such folder */
  list(path) {
    const place = path === '' ? this.root : this.#place(path);
    return place !== null && existsSync(place) && statSync(place).isDirectory() ? readdirSync(place).sort() : null;
  }

  /** @returns {string | null} where a file lies on the disk, null when there is no such file */
  diskPath(path) {
    return this.has(path) ? this.#place(path) : null;
  }

  #place(path) {
    if (isAbsolute(path) || path.includes('\0')) return null;
    const place = resolve(this.root, path);
    return place.startsWith(this.root + sep) ? place : null;
  }
}

function packageRoot(given) {
  if (!existsSync(given))
    throw new Error(`${resolve(given)} does not exist. Give the folder that holds app.json as root.`);
  const root = realpathSync(resolve(given));
  if (existsSync(join(root, 'app.json'))) return root;
  const project = join(root, 'project.config.json');
  if (existsSync(project)) {
    let named;
    try {
      named = JSON.parse(readFileSync(project, 'utf8')).miniprogramRoot;
    } catch (error) {
      throw new Error(`${project}: ${error.message}`);
    }
    const inside = typeof named === 'string' ? join(root, named) : root;
    if (existsSync(join(inside, 'app.json'))) return realpathSync(inside);
    if (typeof named === 'string') {
      throw new Error(
        `${inside} has no app.json, and project.config.json names it as miniprogramRoot: ` +
          'build the project first, or give the folder that holds app.json as root.',
      );
    }
  }
  throw new Error(`${root} is not a mini-program: it has no app.json. Give the folder that holds app.json as root.`);
}
