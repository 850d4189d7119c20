/** What the native tags said, with the meaning of each code, newest first. */

import { language, onLanguage, texts } from './texts.js';

const MOST_ROWS = 200;

export class Codes {
  /** By tag, by code. @type {Record<string, Record<string, { severity: string, en: string, zh: string }>>} */
  meanings = {};

  constructor(place) {
    place.innerHTML =
      '<p class="empty"></p><table class="codes" hidden><thead><tr></tr></thead><tbody></tbody></table>';
    this.empty = place.querySelector('.empty');
    this.table = place.querySelector('table');
    this.body = place.querySelector('tbody');
    onLanguage(() => {
      const words = texts();
      this.empty.textContent = words.noCodes;
      const heads = [words.time, words.phone, words.tag, words.code, words.meaning];
      place.querySelector('tr').replaceChildren(...heads.map((head) => cell('th', head)));
      for (const row of this.body.rows) this.#explain(row);
    });
  }

  add({ phone, at, tag, code, text }) {
    this.empty.hidden = true;
    this.table.hidden = false;
    const row = document.createElement('tr');
    Object.assign(row.dataset, { tag, code: String(code), said: text });
    const time = new Date(at).toLocaleTimeString([], { hour12: false });
    row.append(...[time, phone, tag.replace('live-', ''), String(code), ''].map((value) => cell('td', value)));
    this.#explain(row);
    this.body.prepend(row);
    while (this.body.rows.length > MOST_ROWS) this.body.lastChild.remove();
  }

  #explain(row) {
    const { tag, code, said } = row.dataset;
    const meaning = this.meanings[tag]?.[code];
    row.className = meaning?.severity.toLowerCase() ?? 'notice';
    row.lastChild.textContent = meaning?.[language()] ?? (said || texts().unknownCode);
  }
}

function cell(kind, text) {
  const element = document.createElement(kind);
  element.textContent = text;
  return element;
}
