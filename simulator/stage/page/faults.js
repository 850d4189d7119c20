/** The buttons that strike a phone, and what became of each strike on all phones. */

import { recoveryText } from './recovery.js';
import { onLanguage, texts } from './texts.js';

const MOST_RUNS = 20;

export class Faults {
  #faults = [];
  #names = [];
  #target = null;
  #runs = new Map();
  /** By name, by fault: why it cannot strike now. @type {Record<string, Record<string, string>>} */
  #obstacles = {};

  /**
   * @param {{ target: HTMLElement, buttons: HTMLElement, runs: HTMLElement }} places
   * @param {(fault: string, name: string) => void} strike
   */
  constructor(places, strike) {
    Object.assign(this, { places, strike });
    onLanguage(() => this.#draw());
  }

  /** @param {string[]} faults */
  offer(faults) {
    this.#faults = faults;
    this.#draw();
  }

  /** @param {string[]} names of phones and web users */
  targets(names) {
    if (String(names) === String(this.#names)) return;
    this.#names = names;
    if (!names.includes(this.#target)) this.#target = names[0] ?? null;
    this.#draw();
  }

  /** @param {Record<string, Record<string, string>>} obstacles by name, by fault: why it cannot strike now */
  obstacles(obstacles) {
    this.#obstacles = obstacles;
    this.#mark();
  }

  run(message) {
    this.#runs.set(message.id, message);
    for (const id of [...this.#runs.keys()].slice(0, -MOST_RUNS)) this.#runs.delete(id);
    this.#drawRuns();
  }

  #draw() {
    this.places.target.replaceChildren(
      ...this.#names.map((name) => {
        const label = document.createElement('label');
        const radio = Object.assign(document.createElement('input'), { type: 'radio', name: 'target', value: name });
        radio.checked = name === this.#target;
        radio.addEventListener('change', () => {
          this.#target = name;
          this.#mark();
        });
        label.append(radio, Object.assign(document.createElement('span'), { textContent: name }));
        return label;
      }),
    );
    this.places.buttons.replaceChildren(
      ...this.#faults.map((id) => {
        const [name] = texts().fault[id] ?? [id];
        const button = Object.assign(document.createElement('button'), { type: 'button', textContent: name });
        button.dataset.fault = id;
        button.addEventListener('click', () => {
          if (this.#target && !this.#obstacle(id)) this.strike(id, this.#target);
        });
        return button;
      }),
    );
    this.#mark();
    this.#drawRuns();
  }

  #obstacle(fault) {
    return this.#obstacles[this.#target]?.[fault];
  }

  /** A button keeps the focus when it can do nothing, and its title says why. */
  #mark() {
    const words = texts();
    for (const button of this.places.buttons.children) {
      const { fault } = button.dataset;
      const reason = this.#obstacle(fault);
      button.setAttribute('aria-disabled', String(reason !== undefined));
      button.title = reason ? words.reason[reason] : (words.fault[fault]?.[1] ?? '');
    }
  }

  #drawRuns() {
    const words = texts();
    this.places.runs.replaceChildren(
      ...[...this.#runs.values()].reverse().map((run) => {
        const item = document.createElement('li');
        item.className = run.state;
        item.dataset.run = String(run.id);
        const [name, what] = words.fault[run.fault] ?? [run.fault, ''];
        const state = words.reason[run.reason] ?? run.problem ?? words[run.state];
        item.append(
          line('b', `${name}`),
          line('span', `${run.phone} · ${what}`, 'dim'),
          line('span', state, 'chip state'),
        );
        for (const seen of run.phones) {
          const one = line('span', '', 'seen');
          one.append(line('b', seen.name), ` ${recoveryText(run, seen)}`);
          item.append(one);
        }
        return item;
      }),
    );
  }
}

function line(kind, text, name = '') {
  return Object.assign(document.createElement(kind), { textContent: text, className: name });
}
