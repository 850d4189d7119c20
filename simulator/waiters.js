/** Those who wait until something holds of a phone. */

export class Waiters {
  #waiting = new Set();
  #phone;

  /** @param {{ name: string, closed: boolean, faults: { kind: string, message: string, where?: string }[] }} phone */
  constructor(phone) {
    this.#phone = phone;
  }

  /** Something has happened: everyone looks again. */
  wake() {
    for (const attempt of [...this.#waiting]) attempt();
  }

  /**
   * Waits until a predicate holds; it is tried at every `wake` and every 20 ms.
   * @template T
   * @param {() => T} predicate
   * @param {number} milliseconds
   * @param {string} what for the message of the error
   * @returns {Promise<NonNullable<T>>} what the predicate gave
   */
  until(predicate, milliseconds, what) {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(
        () => end(() => reject(new Error(this.#lateMessage(milliseconds, what)))),
        milliseconds,
      );
      const poll = setInterval(() => attempt(), 20);
      const end = (settle) => {
        clearTimeout(deadline);
        clearInterval(poll);
        this.#waiting.delete(attempt);
        settle();
      };
      const attempt = () => {
        if (this.#phone.closed)
          return end(() => reject(new Error(`${this.#phone.name} was closed while waiting for ${what}`)));
        let value;
        try {
          value = predicate();
        } catch (error) {
          return end(() => reject(error));
        }
        if (value) end(() => resolve(value));
        return undefined;
      };
      this.#waiting.add(attempt);
      attempt();
    });
  }

  #lateMessage(milliseconds, what) {
    const faults = this.#phone.faults.map(({ kind, message, where }) => `  ${kind}: ${message} (${where})`).join('\n');
    return `${this.#phone.name}: waited ${milliseconds} ms for ${what}${faults ? `; faults:\n${faults}` : ''}`;
  }
}
