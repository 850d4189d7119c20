/**
 * The users of the example: names, and what proves a password without telling it, in a file. Your own accounts take its
 * place.
 */

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const derive = promisify(scrypt);
const BYTES = 32;

export class Users {
  #file;
  #proofs;

  /** @param {string} file which need not exist yet */
  constructor(file) {
    this.#file = file;
    try {
      this.#proofs = new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8'))));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
      this.#proofs = new Map();
    }
  }

  async add(name, password) {
    const salt = randomBytes(16).toString('hex');
    this.#proofs.set(name, { salt, hash: (await derive(password, salt, BYTES)).toString('hex') });
    writeFileSync(this.#file, `${JSON.stringify(Object.fromEntries(this.#proofs), null, 2)}\n`, { mode: 0o600 });
  }

  /** @returns {Promise<boolean>} whether the user has that password; an unknown user takes as long as a known one */
  async proves(name, password) {
    const { salt, hash } = this.#proofs.get(name) ?? { salt: 'nobody', hash: '00'.repeat(BYTES) };
    const isSame = timingSafeEqual(await derive(password, salt, BYTES), Buffer.from(hash, 'hex'));
    return isSame && this.#proofs.has(name);
  }
}
