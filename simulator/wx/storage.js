/** The local storage of a mini-program: JSON-able values by key, 1 MB a key, kept as long as the phone object. */

import { utf8Length } from '../package-path.js';

const MAX_KEY_BYTES = 1024 * 1024;

export class Storage {
  #entries = new Map();

  /** @param {import('../app-service/realm.js').Realm} realm */
  constructor(realm) {
    this.realm = realm;
  }

  set(key, value) {
    if (typeof key !== 'string' || key === '')
      throw new TypeError('setStorage:fail parameter error: key should be a string');
    const json = JSON.stringify(value);
    if (json === undefined) throw new TypeError('setStorage:fail parameter error: data is not JSON-able');
    if (utf8Length(json) > MAX_KEY_BYTES) throw new Error('setStorage:fail entry size limit reached');
    this.#entries.set(key, json);
  }

  /** @returns {unknown} a value of the app's realm, '' when there is none */
  get(key) {
    return this.#entries.has(key) ? this.realm.global.JSON.parse(this.#entries.get(key)) : '';
  }

  has(key) {
    return this.#entries.has(key);
  }

  remove(key) {
    this.#entries.delete(key);
  }

  clear() {
    this.#entries.clear();
  }

  info() {
    const bytes = [...this.#entries.values()].reduce((sum, json) => sum + utf8Length(json), 0);
    return { keys: [...this.#entries.keys()], currentSize: Math.ceil(bytes / 1024), limitSize: 10240 };
  }
}
