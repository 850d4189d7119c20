/**
 * The rooms: what the gateway says of itself, and who is in them, by its admin API. Where there is none, each phone
 * says what the gateway has told it.
 */

import { onLanguage, texts } from './texts.js';

export class Room {
  #told = new Map();
  #health = null;
  /**
   * Null where the gateway has no admin API.
   * @type {{ room: string, answers: boolean, view: object | null }[] | null}
   */
  #rooms = null;

  constructor(place) {
    this.place = place;
    onLanguage(() => this.#draw());
  }

  told({ phone, up, users }) {
    this.#told.set(phone, { up, users });
    this.#draw();
  }

  gateway({ health, rooms }) {
    if (JSON.stringify([health, rooms]) === JSON.stringify([this.#health, this.#rooms])) return;
    this.#health = health;
    this.#rooms = rooms;
    this.#draw();
  }

  #draw() {
    const words = texts();
    const rooms = this.#rooms === null ? this.#toldToPhones(words) : this.#ofTheGateway(words);
    this.place.replaceChildren(heading(words.healthTitle), this.#figures(words), ...rooms);
  }

  #ofTheGateway(words) {
    if (this.#rooms.length === 0) return [paragraph(words.noRooms)];
    return this.#rooms.flatMap(({ room, answers, view }) => {
      const title = heading(words.roomOfGateway(room));
      if (!answers) return [title, paragraph(words.noHealth)];
      return [title, ...(view === null ? [paragraph(words.roomUnknown)] : whole(view, words))];
    });
  }

  #toldToPhones(words) {
    return [...this.#told].flatMap(([phone, { up, users }]) => {
      const isNowhere = !up && users.length === 0;
      const seen = isNowhere ? paragraph(`${phone} ${words.noRoom}`) : list(users.map((user) => ofPhone(user, words)));
      return [heading(words.roomOf(phone)), seen];
    });
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

/** A room as the gateway has it. */
function whole({ members, streams, bans }, words) {
  const items = members.map(({ user, visible, suspended }) => [
    element('b', user),
    ...(visible ? [] : [chip(words.invisible)]),
    ...(suspended ? [chip(words.suspended, 'bad')] : []),
    ...flows(
      streams.filter((stream) => stream.user === user).map((stream) => ofGateway(stream, words)),
      words,
    ),
  ]);
  const kept = bans.map(({ user, seconds }) => [element('b', user), chip(words.banned(seconds), 'warn')]);
  return [list(items), ...(kept.length ? [element('h4', words.bans), list(kept)] : [])];
}

function ofGateway({ kind, state, audio, video, audio_muted, video_muted, generation, subscribers }, words) {
  return [
    chip(kind),
    ...(state === 'leased' ? [chip(words.leased, 'warn')] : []),
    ...(state === 'stalled' ? [chip(words.stalled, 'bad')] : []),
    ...tracks({ audio, video }, words),
    ...(audio_muted ? [chip(words.mutedByOperator(words.sound), 'warn')] : []),
    ...(video_muted ? [chip(words.mutedByOperator(words.picture), 'warn')] : []),
    element('span', `${words.generation(generation)} · ${words.subscribers(subscribers)}`, 'dim'),
  ];
}

/** A member as a phone was told of it. */
function ofPhone({ user, own, suspended, streams }, words) {
  const shown = streams.map(({ kind = 'camera', audio, video, stalled, generation }) => [
    chip(kind),
    ...tracks({ audio, video }, words),
    ...(stalled === true ? [chip(words.stalled, 'bad')] : []),
    ...(generation === undefined ? [] : [element('span', words.generation(generation), 'dim')]),
  ]);
  return [
    element('b', user),
    ...(own ? [chip(words.you)] : []),
    ...(suspended ? [chip(words.suspended, 'bad')] : []),
    ...flows(shown, words),
  ];
}

function flows(streams, words) {
  return streams.length === 0 ? [element('span', words.noStream, 'dim')] : streams.flat();
}

function tracks({ audio, video }, words) {
  return [
    ...(audio === false ? [chip(`${words.sound} ${words.off}`, 'warn')] : []),
    ...(video === false ? [chip(`${words.picture} ${words.off}`, 'warn')] : []),
  ];
}

function list(items) {
  const made = document.createElement('ul');
  made.className = 'room';
  for (const parts of items) {
    const item = document.createElement('li');
    item.append(...parts);
    made.append(item);
  }
  return made;
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
