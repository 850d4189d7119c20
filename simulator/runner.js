/**
 * A runner: one phone with somebody's own app, told about as text, with a finger on it that takes its orders as lines.
 */

import { Phone } from './index.js';
import { redact } from './redact.js';
import { outline } from './ui/outline.js';

const FRAME_BY_FRAME = ['send', 'message'];

/** What a line may order, each with its words. */
const ORDERS = {
  show: { words: '', what: 'the page, node by node' },
  data: { words: '', what: 'the data of the page' },
  tap: {
    words: 'SELECTOR',
    what: 'a finger on the first node that matches: tag, #id, .class, with spaces for descendants',
  },
  input: { words: 'SELECTOR TEXT', what: 'a text into an input or a textarea' },
  open: { words: 'ADDRESS', what: 'another page, as from the home screen' },
  back: { words: '', what: 'the page before' },
  hide: { words: '', what: 'the app into the background' },
  foreground: { words: '', what: 'the app back to the front' },
  stats: { words: '', what: 'pictures and sounds, sockets, timers' },
  quit: { words: '', what: 'the end' },
};

export class Runner {
  /**
   * @param {object} parts
   * @param {string} parts.root folder that holds app.json, or the project around it
   * @param {string} [parts.name] of the phone
   * @param {string} [parts.page] address of the page to open; by default the first one of app.json
   * @param {(line: string) => void} parts.say
   */
  constructor({ root, name = 'phone', page, say }) {
    Object.assign(this, { root, name, page, say });
    this.startedAt = Date.now();
  }

  /** Boots the phone and opens the page. Throws with a sentence that says what to do. */
  async start() {
    this.phone = await Phone.boot({ root: this.root, name: this.name, log: (event) => this.#tell(event) });
    const { pages } = this.phone.compiled;
    if (pages.length === 0) throw new Error(`${this.phone.files.root}/app.json names no page: add one to "pages".`);
    const address = this.page ?? pages[0];
    const path = address.split('?')[0].replace(/^\//, '');
    if (!pages.includes(path)) throw new Error(`app.json has no page '${path}'. Its pages are: ${pages.join(', ')}.`);
    await this.phone.open(address.startsWith('/') ? address : `/${address}`);
    this.#print('shows', this.phone.page.text() || '(no text)');
  }

  /** Does what a line orders. @returns {Promise<boolean>} false after `quit` */
  async order(line) {
    const [name, ...words] = line.trim().split(/\s+/);
    if (name === '' || name === undefined) return true;
    if (name === 'quit') return false;
    if (!(name in ORDERS)) {
      this.#print(
        'orders',
        Object.entries(ORDERS)
          .map(([order, { words: wanted, what }]) => `\n    ${`${order} ${wanted}`.padEnd(24)} ${what}`)
          .join(''),
      );
      return true;
    }
    try {
      await this.#perform(name, words);
    } catch (error) {
      this.#print('error', redact(error.message));
    }
    return true;
  }

  async #perform(name, words) {
    const { phone } = this;
    switch (name) {
      case 'show':
        return this.#print('page', `${phone.page.path}\n${outline(phone.pages.current.component, phone.framework)}`);
      case 'data':
        return this.#print('data', redact(JSON.stringify(phone.page.data, null, 2)));
      case 'stats':
        return this.#print('stats', redact(JSON.stringify(phone.stats(), null, 2)));
      case 'open':
        return phone.open(words[0]?.startsWith('/') ? words[0] : `/${words[0] ?? ''}`);
      case 'back':
        return phone.pages.navigateBack(1);
      case 'hide':
        return phone.hide();
      case 'foreground':
        return phone.show();
      case 'tap':
        return this.#node(words.join(' ')).tap();
      case 'input':
        return this.#node(words[0] ?? '').input(words.slice(1).join(' '));
      default:
        throw new Error(`no such order: ${name}`);
    }
  }

  #node(selector) {
    if (selector === '') throw new Error('this order needs a selector: tag, #id or .class');
    const node = this.phone.page.find(selector);
    if (!node) throw new Error(`no node matches '${selector}'; the order 'show' lists the nodes`);
    return node;
  }

  /** Ends the phone. @returns {Promise<string[]>} what the app did wrong */
  async end() {
    if (!this.phone) return [];
    await this.phone.close();
    return this.phone.faults.map(({ kind, message, where }) => `${kind}: ${message}${where ? ` (${where})` : ''}`);
  }

  #tell(event) {
    switch (event.kind) {
      case 'page':
        return this.#print('page', `${event.what} ${event.path}`);
      case 'console':
        return this.#print('console', `${event.level}: ${event.message}`);
      case 'fault':
        return this.#print('FAULT', `${event.fault}: ${event.message}${event.where ? ` (${event.where})` : ''}`);
      case 'ui':
        return this.#print('ui', [event.api, event.title ?? event.content ?? ''].join(' ').trim());
      case 'request':
        return this.#print('request', `${event.status ?? event.reason} ${event.url}`);
      case 'native':
        return this.#print(event.tag, `${event.code} ${event.message ?? ''}`);
      case 'frames':
        return this.#print('player', `decoded ${event.video} pictures/s of ${event.url}`);
      case 'socket':
        return FRAME_BY_FRAME.includes(event.what)
          ? undefined
          : this.#print('socket', `${event.what} ${event.url}${event.reason ? ` (${event.reason})` : ''}`);
      case 'app':
      case 'network':
        return this.#print(event.kind, event.what ?? event.networkType);
      default:
        return undefined;
    }
  }

  #print(who, what) {
    this.say(`${((Date.now() - this.startedAt) / 1000).toFixed(1).padStart(6)} s  ${who.padEnd(12)} ${what}`);
  }
}
