/**
 * The last line of a terminal, which says how things stand: it is written over where there is a terminal, and written
 * anew, only when it has changed, where there is none.
 */

export class StatusLine {
  #shown = '';
  #startedAt = Date.now();

  /** @param {import('node:stream').Writable & { isTTY?: boolean, columns?: number }} out */
  constructor(out = process.stdout) {
    this.out = out;
  }

  /** A line that stays. */
  say(who, what) {
    this.#clear();
    this.out.write(`${this.#time()} s  ${who.padEnd(8)} ${what}\n`);
    if (this.out.isTTY && this.#shown) this.out.write(this.#shown);
  }

  /** @param {string} steady what is worth a line of its own @param {string} [moving] figures that always change */
  status(steady, moving = '') {
    if (!this.out.isTTY) {
      if (steady !== this.#shown) this.out.write(`${this.#time()} s  ${steady}\n`);
      this.#shown = steady;
      return;
    }
    this.#clear();
    this.#shown = `${this.#time()} s  ${steady}  ${moving}`.slice(0, (this.out.columns ?? 80) - 1);
    this.out.write(this.#shown);
  }

  /** No status any more. */
  end() {
    this.#clear();
    this.#shown = '';
  }

  #time() {
    return ((Date.now() - this.#startedAt) / 1000).toFixed(1).padStart(6);
  }

  #clear() {
    if (this.out.isTTY && this.#shown) this.out.write('\r\x1b[K');
  }
}
