/** The signaling of all phones as a sequence chart: a line for each party, an arrow for each frame, newest last. */

import { onLanguage, texts } from './texts.js';

const MOST_ROWS = 400;
/** Pixels from the end within which somebody looks at the newest row. */
const NEAR = 40;
/** Members of an event's body that say the most, in one word each. */
const TOLD = ['user', 'kind', 'reason', 'action', 'scope'];

export class Signals {
  #phones = [];
  #startedAt = null;
  #follows = true;

  constructor(place) {
    place.innerHTML = `
      <label class="option"><input type="checkbox"><span></span></label>
      <div class="lanes" aria-hidden="true"></div>
      <p class="empty"></p><ol class="signals" tabindex="0"></ol>`;
    this.list = place.querySelector('ol');
    this.empty = place.querySelector('.empty');
    this.lanes = place.querySelector('.lanes');
    const pings = place.querySelector('input');
    pings.addEventListener('change', () => {
      this.list.classList.toggle('all', pings.checked);
      this.#sayIfEmpty();
    });
    this.list.addEventListener('scroll', ({ target }) => {
      if (target.clientHeight > 0) this.#follows = target.scrollHeight - target.scrollTop - target.clientHeight < NEAR;
    });
    onLanguage(() => {
      place.querySelector('.option span').textContent = texts().showPings;
      this.empty.textContent = texts().noSignals;
      this.#head();
    });
  }

  /** The parties, the gateway between the first phone and the others. @param {string[]} names */
  phones(names) {
    this.#phones = names;
    this.#head();
    for (const row of this.list.children) this.#place(row);
  }

  /** Shows the newest row, unless somebody is looking at older ones. */
  follow() {
    if (this.#follows) this.list.scrollTop = this.list.scrollHeight;
  }

  /** Forgets everything: the stage tells anew what it remembers. */
  clear() {
    this.list.replaceChildren();
    this.#startedAt = null;
    this.#sayIfEmpty();
  }

  frame({ phone, at, sent, what, name, routine, body }) {
    const row = this.#row(phone, at, `${what} ${sent ? 'up' : 'down'}`);
    row.classList.toggle('routine', routine);
    row.querySelector('.name').textContent = name;
    row.querySelector('.more').textContent = TOLD.map((word) => body?.[word])
      .filter((value) => value !== undefined)
      .join(' ');
    this.#sayIfEmpty();
  }

  socket({ phone, at, what, silent }) {
    const row = this.#row(phone, at, `socket ${what === 'open' ? 'good' : 'bad'}`);
    row.querySelector('.name').textContent = silent ? texts().silent : (texts().socket[what] ?? what);
    this.#sayIfEmpty();
  }

  /** Rows that are there and hidden tell nobody anything. */
  #sayIfEmpty() {
    const shown = this.list.classList.contains('all') ? 'li' : 'li:not(.routine)';
    this.empty.hidden = this.list.querySelector(shown) !== null;
  }

  #row(phone, at, kind) {
    this.#startedAt ??= at;
    const row = document.createElement('li');
    row.className = kind;
    row.dataset.phone = phone;
    row.innerHTML =
      '<time></time><span class="arrow"><span class="label"><span class="name"></span> <span class="more"></span></span></span>';
    row.querySelector('time').textContent = ((at - this.#startedAt) / 1000).toFixed(2);
    this.#place(row);
    const box = this.list;
    box.append(row);
    while (box.children.length > MOST_ROWS) box.firstChild.remove();
    this.follow();
    return row;
  }

  #parties() {
    const [first, ...others] = this.#phones;
    return first === undefined ? [] : [first, null, ...others];
  }

  #place(row) {
    const parties = this.#parties();
    const own = parties.indexOf(row.dataset.phone);
    const [from, to] = [Math.min(own, 1), Math.max(own, 1)];
    const middle = (index) => ((index + 0.5) / parties.length) * 100;
    row.style.setProperty('--from', `${middle(from)}%`);
    row.style.setProperty('--width', `${middle(to) - middle(from)}%`);
    // Up leads to the gateway, which may stand on either side of a phone.
    row.classList.toggle('leftward', row.classList.contains('up') ? own > 1 : own < 1);
  }

  #head() {
    this.list.style.setProperty('--lanes', String(this.#parties().length));
    this.lanes.replaceChildren(
      ...this.#parties().map((party) => {
        const lane = document.createElement('span');
        lane.textContent = party ?? texts().gateway;
        return lane;
      }),
    );
  }
}
