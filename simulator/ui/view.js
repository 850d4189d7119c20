/**
 * The view of one phone: what the framework gives it to show waits while it is paused, in the order in which it came.
 */

export class View {
  #paused = false;
  #waiting = [];

  /** Runs now, or when the view goes on. @param {() => void} show */
  when(show) {
    if (this.#paused) this.#waiting.push(show);
    else show();
  }

  pause() {
    this.#paused = true;
  }

  goOn() {
    this.#paused = false;
    while (this.#waiting.length > 0 && !this.#paused) this.#waiting.shift()();
  }
}
