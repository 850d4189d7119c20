/** The room: what the gateway says of itself, and what it has told each phone. */

import { onLanguage, texts } from './texts.js';

export class Room {
  #told = new Map();
  #health = null;

  constructor(place) {
    this.place = place;
    onLanguage(() => this.#draw());
  }

  told({ phone, up, users }) {
    this.#told.set(phone, { up, users });
    this.#draw();
  }

  health(health) {
    if (JSON.stringify(health) === JSON.stringify(this.#health)) return;
    this.#health = health;
    this.#draw();
  }

  #draw() {
    const words = texts();
    const parts = [heading(words.healthTitle), this.#figures(words)];
    for (const [phone, { up, users }] of this.#told) {
      parts.push(heading(words.roomOf(phone)));
      if (!up && users.length === 0) parts.push(paragraph(`${phone} ${words.noRoom}`));
      else parts.push(list(users, words));
    }
    this.place.replaceChildren(...parts);
  }

  #figures(words) {
    if (this.#health === null) return paragraph(words.noHealth);
    const { media = {}, ...rest } = this.#health;
    const known = { ...rest, ...media };
    const figures = document.createElement('dl');
    figures.className = 'figures';
    for (const [name, label] of Object.entries(words.health)) {
      const figure = document.createElement('div');
      figure.append(element('dt', label), element('dd', String(known[name] ?? '–')));
      figures.append(figure);
    }
    return figures;
  }
}

function list(users, words) {
  const whole = document.createElement('ul');
  whole.className = 'room';
  for (const { user, own, suspended, streams } of users) {
    const item = document.createElement('li');
    item.append(element('b', user));
    if (own) item.append(chip(words.you));
    if (suspended) item.append(chip(words.suspended, 'bad'));
    if (streams.length === 0) item.append(element('span', words.noStream, 'dim'));
    for (const stream of streams) {
      item.append(chip(stream.kind ?? 'camera'));
      if (stream.audio === false) item.append(chip(`${words.sound} ${words.off}`, 'warn'));
      if (stream.video === false) item.append(chip(`${words.picture} ${words.off}`, 'warn'));
      if (stream.stalled === true) item.append(chip(words.stalled, 'bad'));
      if (stream.generation !== undefined) item.append(element('span', words.generation(stream.generation), 'dim'));
    }
    whole.append(item);
  }
  return whole;
}

function element(kind, text, name = '') {
  const made = document.createElement(kind);
  made.textContent = text;
  made.className = name;
  return made;
}

const heading = (text) => element('h3', text);
const paragraph = (text) => element('p', text, 'empty');
const chip = (text, name = '') => element('span', text, `chip ${name}`);
