/** Tabs as WAI-ARIA describes them: arrows move between them, Tab goes into what is shown. */

import { onLanguage, texts } from './texts.js';

export class Tabs {
  /** Called with the name of what is shown. @type {(name: string) => void} */
  onShown = () => {};

  /** @param {HTMLElement} list @param {string[]} names each has a `view-` panel */
  constructor(list, names) {
    this.names = names;
    this.buttons = names.map((name) => {
      const button = document.createElement('button');
      Object.assign(button, { type: 'button', id: `tab-${name}` });
      button.setAttribute('role', 'tab');
      button.setAttribute('aria-controls', `view-${name}`);
      document.getElementById(`view-${name}`).setAttribute('aria-labelledby', button.id);
      button.addEventListener('click', () => this.show(name));
      list.append(button);
      return button;
    });
    list.addEventListener('keydown', ({ key }) => this.#move({ ArrowRight: 1, ArrowLeft: -1 }[key]));
    onLanguage(() => {
      for (const [index, name] of names.entries()) this.buttons[index].textContent = texts()[`views_${name}`];
    });
    this.show(names[0]);
  }

  show(name) {
    this.shown = name;
    for (const [index, other] of this.names.entries()) {
      const isShown = other === name;
      this.buttons[index].setAttribute('aria-selected', String(isShown));
      this.buttons[index].tabIndex = isShown ? 0 : -1;
      document.getElementById(`view-${other}`).hidden = !isShown;
    }
    this.onShown(name);
  }

  #move(step) {
    if (step === undefined) return;
    const next = (this.names.indexOf(this.shown) + step + this.names.length) % this.names.length;
    this.show(this.names[next]);
    this.buttons[next].focus();
  }
}
