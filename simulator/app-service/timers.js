/** The timers of one phone: numbers as ids, all cleared at the end, silent while the phone is frozen. */

export class Timers {
  #live = new Map();
  #nextId = 1;

  /** @param {(what: string, callback: () => void) => void} enter runs app code (later, if the phone is frozen) */
  constructor(enter) {
    this.enter = enter;
  }

  /** @returns {number} id */
  set(callback, milliseconds, parameters, repeat) {
    if (typeof callback !== 'function')
      throw new TypeError(`${repeat ? 'setInterval' : 'setTimeout'} needs a function`);
    const id = this.#nextId;
    this.#nextId += 1;
    let waiting = false;
    const fire = () => {
      if (!repeat) this.#live.get(id).fired = true;
      if (waiting) return;
      waiting = true;
      this.enter(repeat ? 'setInterval' : 'setTimeout', () => {
        waiting = false;
        if (!this.#live.has(id)) return;
        if (!repeat) this.#live.delete(id);
        callback(...parameters);
      });
    };
    const handle = repeat ? setInterval(fire, milliseconds) : setTimeout(fire, milliseconds);
    this.#live.set(id, { handle, repeat });
    return id;
  }

  clear(id) {
    const timer = this.#live.get(id);
    if (!timer) return;
    this.#live.delete(id);
    (timer.repeat ? clearInterval : clearTimeout)(timer.handle);
  }

  clearAll() {
    for (const id of [...this.#live.keys()]) this.clear(id);
  }

  get count() {
    return this.#live.size;
  }
}
