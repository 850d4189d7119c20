/** A web user beside the phones: a browser's window with the page that anybody can open. */

import { onLanguage, texts } from './texts.js';

export class WebUserView {
  /** @param {HTMLElement} place @param {string} address @param {() => void} onClose */
  constructor(place, address, onClose) {
    this.element = document.createElement('article');
    this.element.className = 'phone browser';
    this.element.innerHTML = `
      <header><b></b><a target="_blank" rel="noopener">↗</a><button type="button">✕</button></header>
      <div class="case"><iframe allow="camera; microphone; display-capture; autoplay"></iframe></div>`;
    const [link, close, frame] = ['a', 'button', 'iframe'].map((tag) => this.element.querySelector(tag));
    // One more user each: the address makes them.
    link.href = address;
    frame.src = address;
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
      this.element.querySelector('b').textContent = words.browser;
      frame.title = words.browser;
      link.setAttribute('aria-label', words.ownWindow);
      link.title = words.ownWindow;
      close.setAttribute('aria-label', words.closeBrowser);
      close.title = words.closeBrowser;
    });
    place.append(this.element);
  }
}
