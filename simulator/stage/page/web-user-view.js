/**
 * A web user beside the phones: a browser's window with the page that anybody can open, and what became of the user.
 */

import { markRecovery } from './recovery.js';
import { onLanguage, texts } from './texts.js';

export class WebUserView {
  #state = { name: '', up: false, run: null, seen: null };

  /** @param {HTMLElement} place @param {string} address @param {() => void} onClose */
  constructor(place, address, onClose) {
    /** By it the page says which window it is in. */
    this.seat = crypto.randomUUID();
    this.element = document.createElement('article');
    this.element.className = 'phone browser';
    this.element.innerHTML = `
      <header><b></b><a target="_blank" rel="noopener">↗</a><button type="button">✕</button></header>
      <div class="case"><iframe allow="camera; microphone; display-capture; autoplay"></iframe></div>
      <footer><b></b><span class="chip signal"></span><p class="recovery"></p></footer>`;
    const [link, close, frame] = ['a', 'button', 'iframe'].map((tag) => this.element.querySelector(tag));
    // One more user each: the address makes them.
    link.href = address;
    frame.src = `${address}?${new URLSearchParams({ seat: this.seat })}`;
    close.addEventListener('click', () => {
      // A page that is left for another one says farewell; one that is taken out may not.
      frame.addEventListener('load', () => {
        this.element.remove();
        onClose();
      });
      frame.src = 'about:blank';
    });
    onLanguage(() => {
      const words = texts();
      this.element.setAttribute('aria-label', words.browser);
      this.element.querySelector('header b').textContent = words.browser;
      frame.title = words.browser;
      link.setAttribute('aria-label', words.ownWindow);
      link.title = words.ownWindow;
      close.setAttribute('aria-label', words.closeBrowser);
      close.title = words.closeBrowser;
      this.#label();
    });
    place.append(this.element);
  }

  get name() {
    return this.#state.name;
  }

  /** @param {{ name: string, up: boolean }} told */
  told({ name, up }) {
    Object.assign(this.#state, { name, up });
    this.element.dataset.webUser = name;
    this.#label();
  }

  /** @param {object} run a fault @param {object} seen what this user went through in it */
  recovery(run, seen) {
    Object.assign(this.#state, { run, seen });
    this.#label();
  }

  #label() {
    const words = texts();
    const { name, up, run, seen } = this.#state;
    const footer = this.element.querySelector('footer');
    footer.querySelector('b').textContent = name;
    const chip = footer.querySelector('.chip');
    chip.textContent = up ? words.up : words.down;
    chip.classList.toggle('good', up);
    markRecovery(footer.querySelector('.recovery'), run, seen);
  }
}
