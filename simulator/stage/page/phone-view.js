/** One phone on the page: its frame, its screen with the app in it, and what became of it. */

import { Camera } from './camera.js';
import { MediaViews } from './media.js';
import { markRecovery } from './recovery.js';
import { adoptSheets } from './sheets.js';
import { onLanguage, texts } from './texts.js';
import { Tree } from './tree.js';

const TOAST_MS = 2500;
const CLOCK_MS = 5000;

export class PhoneView {
  #state = { up: false, online: true, weak: false, visible: true, run: null, seen: null };
  #waiting = [];
  #tree = null;

  /**
   * @param {HTMLElement} place
   * @param {{ name: string, sheets: object[], act: (act: object) => void }} parts
   */
  constructor(place, { name, sheets, act }) {
    Object.assign(this, { name, act });
    this.element = document.createElement('article');
    this.element.className = 'phone';
    this.element.dataset.phone = name;
    this.element.innerHTML = `
      <div class="case"><div class="glass">
        <div class="status"><span class="clock"></span><span class="net"></span></div>
        <div class="bar"><button class="back" type="button" hidden></button><span class="title"></span><span class="capsule" aria-hidden="true"></span></div>
        <iframe class="screen"></iframe>
        <div class="toast" role="status" hidden></div>
        <div class="away" hidden><span></span></div>
      </div></div>
      <footer><b></b><span class="chip signal"></span><button class="camera" type="button" aria-pressed="false"></button><button class="listen" type="button" aria-pressed="false"></button><p class="recovery"></p></footer>`;
    this.element.querySelector('b').textContent = name;
    place.append(this.element);
    this.#frame(sheets);
    this.#find('.back').addEventListener('click', () => act({ what: 'back' }));
    this.#find('.listen').addEventListener('click', () => this.#listen());
    this.camera = new Camera(name, (problem) => this.#cameraEnded(problem));
    this.#find('.camera').addEventListener('click', () => this.#useCamera());
    this.clock = setInterval(() => this.#tick(), CLOCK_MS);
    onLanguage(() => this.#label());
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }

  /** The screen is a document of its own, so that the app's units and positions mean the screen. */
  #frame(sheets) {
    const frame = this.#find('iframe');
    frame.addEventListener(
      'load',
      () => {
        const { contentDocument } = frame;
        this.#show = adoptSheets(contentDocument, sheets);
        this.views = new MediaViews();
        this.#tree = new Tree(contentDocument, this.act, this.views);
        for (const message of this.#waiting.splice(0)) this[message.type](message);
      },
      { once: true },
    );
    frame.src = '/screen.html';
  }

  #show = () => {};

  view(message) {
    if (!this.#tree) return this.#waiting.push(message);
    this.#show(message.page);
    this.#tree.apply(message);
    this.#find('.back').hidden = message.depth < 2;
    this.#find('.title').textContent = message.title;
    this.#find('.bar').hidden = !message.hasBar;
    const top = [this.#find('.status'), this.#find('.bar')];
    for (const part of top) {
      part.style.background = message.barColor;
      part.style.color = message.barText === 'black' ? '#111' : '#fff';
    }
    return undefined;
  }

  media(message) {
    if (!this.#tree) return this.#waiting.push(message);
    return this.views.play(message.node, message.media);
  }

  app({ visible }) {
    this.#state.visible = visible;
    this.#label();
  }

  network({ online, weak }) {
    Object.assign(this.#state, { online, weak });
    this.#label();
  }

  ui({ api, title }) {
    if (!['showToast', 'showModal', 'showLoading'].includes(api) || title === '') return;
    this.#toast(title);
  }

  problem(text) {
    this.#toast(text);
  }

  signaling(up) {
    this.#state.up = up;
    this.#label();
  }

  /** @param {object} run a fault @param {object} seen what this phone went through in it */
  recovery(run, seen) {
    Object.assign(this.#state, { run, seen });
    this.#label();
  }

  remove() {
    clearInterval(this.clock);
    this.camera.stop();
    this.views?.end();
    this.element.remove();
  }

  #toast(text) {
    const toast = this.#find('.toast');
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => {
      toast.hidden = true;
    }, TOAST_MS);
  }

  #listen() {
    const button = this.#find('.listen');
    const on = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(on));
    if (this.views) this.views.sound = on;
  }

  #useCamera() {
    const button = this.#find('.camera');
    const on = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(on));
    if (on) this.camera.start();
    else this.camera.stop();
  }

  #cameraEnded(problem) {
    this.#find('.camera').setAttribute('aria-pressed', 'false');
    if (problem) this.#toast(`${texts().noCamera}: ${problem}`);
  }

  #tick() {
    this.#find('.clock').textContent = new Date().toLocaleTimeString([], {
      hour: '2-digit',
      minute: '2-digit',
      hour12: false,
    });
  }

  #label() {
    const words = texts();
    const { up, online, weak, visible, run, seen } = this.#state;
    this.element.setAttribute('aria-label', words.phoneOf(this.name));
    this.#find('iframe').title = words.screenOf(this.name);
    this.#find('.back').setAttribute('aria-label', words.back);
    this.#find('.camera').textContent = words.camera;
    this.#find('.camera').setAttribute('aria-label', words.cameraOf(this.name));
    this.#find('.listen').textContent = words.listen;
    this.#find('.listen').setAttribute('aria-label', words.listenTo(this.name));
    this.#find('.net').textContent = online ? (weak ? words.weak : words.online) : words.offline;
    this.#find('.net').classList.toggle('bad', !online || weak);
    this.#find('.away').hidden = visible;
    this.#find('.away span').textContent = words.hidden;
    const chip = this.#find('.signal');
    chip.textContent = up ? words.up : words.down;
    chip.classList.toggle('good', up);
    markRecovery(this.#find('.recovery'), run, seen);
    this.#tick();
  }
}
