/** The stack of pages: opens, hides and unloads them in WeChat's order, at most ten deep. */

import { resolvePath } from '../package-path.js';
import { ApiFailure } from '../wx/api.js';
import { eventChannel } from './event-channel.js';

const DEEPEST = 10;

/** One open page. */
export class Page {
  constructor({ path, query, framework, channel }) {
    Object.assign(this, { path, query, framework, ready: false, visible: false });
    this.root = framework.createRoot(path);
    this.component = this.root.getComponent();
    this.instance = this.root.get();
    // Fields of its own, which the app may overwrite: runtimes do.
    const { realm } = framework.service;
    Object.assign(this.instance, {
      route: path,
      options: query,
      __route__: path,
      getOpenerEventChannel: realm.passThrough(() => channel, 'getOpenerEventChannel'),
    });
  }

  /** Calls a life-cycle method of the page, if it has one. */
  call(name, ...parameters) {
    const method = this.instance[name];
    if (typeof method !== 'function') return;
    this.framework.service.enter(`${this.path} ${name}`, () => method.apply(this.instance, parameters));
  }

  show() {
    if (this.visible) return;
    this.visible = true;
    this.call('onShow');
    this.component.triggerPageLifetime('show', []);
  }

  hide() {
    if (!this.visible) return;
    this.visible = false;
    this.call('onHide');
    this.component.triggerPageLifetime('hide', []);
  }
}

export class Pages {
  /**
   * @param {object} parts
   * @param {import('./compile.js').CompiledPackage} parts.compiled
   * @param {import('./framework.js').Framework} parts.framework
   * @param {import('../app-service/app-service.js').AppService} parts.service
   * @param {(event: object) => void} parts.emit
   * @param {(page: Page) => void} parts.onCovered another page lies on top now
   * @param {(page: Page) => void} parts.onUncovered the page is on top again
   */
  constructor({ compiled, framework, service, emit, onCovered, onUncovered }) {
    Object.assign(this, { compiled, framework, service, emit, onCovered, onUncovered });
    /** @type {Page[]} */
    this.stack = [];
    /** Pages of the tab bar, in its order. @type {string[]} */
    this.tabs = (compiled.app.tabBar?.list ?? []).map(({ pagePath }) => pagePath);
    /** Tab pages that were opened and are not shown now: they live on. @type {Map<string, Page>} */
    this.otherTabs = new Map();
    this.definitions = framework.definitions;
    this.registered = new Set();
    this.loadedSubPackages = new Set();
    this.launchOptions = null;
    this.entries = [];
  }

  get current() {
    return this.stack[this.stack.length - 1];
  }

  /** Throws for files of a sub-package that no opened page has brought in. */
  refuseUnloaded(path) {
    const owner = this.compiled.subPackages.find(({ root }) => path.startsWith(`${root}/`));
    if (owner && !this.loadedSubPackages.has(owner.root)) {
      throw new Error(`'${path}' lies in sub-package '${owner.root}', which is not loaded yet`);
    }
  }

  parse(url) {
    if (typeof url !== 'string') throw new ApiFailure('parameter error: parameter.url should be String');
    const [place, search = ''] = url.split('?');
    const path = resolvePath(place, this.current?.path ?? '');
    if (!this.compiled.pages.includes(path)) throw new ApiFailure(`page "${path}" is not found`);
    const query = {};
    for (const pair of search.split('&').filter(Boolean)) {
      const cut = pair.indexOf('=');
      const key = cut < 0 ? pair : pair.slice(0, cut);
      // WeChat hands the query over undecoded: the page decodes it.
      query[key] = cut < 0 ? '' : pair.slice(cut + 1);
    }
    return { path, query };
  }

  isTab(path) {
    return this.tabs.includes(path);
  }

  /** @returns {{ eventChannel: object }} the opener's end of the channel to the new page */
  navigateTo(url, events) {
    const target = this.#noTab(this.parse(url), 'navigateTo');
    if (this.stack.length >= DEEPEST) throw new ApiFailure('webview count limit exceed');
    const { opener, opened } = eventChannel(this.service, events);
    this.#open({ ...target, channel: opened }, 'navigateTo', () => this.#coverTop());
    return { eventChannel: opener };
  }

  redirectTo(url) {
    const target = this.#noTab(this.parse(url), 'redirectTo');
    this.#open(target, 'redirectTo', () => this.#unloadTop());
  }

  reLaunch(url) {
    const target = this.parse(url);
    this.#open(target, 'reLaunch', () => this.unloadAll());
  }

  /** Pages above the tab page unload; the tab page itself lives on beside the one that is shown. */
  switchTab(url) {
    const target = this.parse(String(url).split('?')[0]);
    if (!this.isTab(target.path)) throw new ApiFailure('can not switch to no-tabBar page');
    while (this.current && !this.isTab(this.current.path)) this.#unloadTop();
    if (this.current?.path === target.path) {
      this.#uncover();
      return;
    }
    const leave = () => {
      if (!this.current) return;
      this.#coverTop();
      const left = this.stack.pop();
      this.otherTabs.set(left.path, left);
    };
    const known = this.otherTabs.get(target.path);
    if (!known) {
      this.#open(target, 'switchTab', leave);
      return;
    }
    leave();
    this.otherTabs.delete(known.path);
    this.stack.push(known);
    this.emit({ kind: 'page', what: 'switchTab', path: known.path });
    this.#uncover();
  }

  #noTab(target, how) {
    if (this.isTab(target.path)) throw new ApiFailure(`can not ${how} a tabbar page`);
    return target;
  }

  #coverTop() {
    if (!this.current) return;
    this.current.hide();
    this.onCovered(this.current);
  }

  #uncover() {
    this.current.show();
    this.onUncovered(this.current);
  }

  navigateBack(delta) {
    if (this.stack.length < 2) throw new ApiFailure('cannot navigate back at first page.');
    const count = Math.min(Math.max(1, delta), this.stack.length - 1);
    for (let step = 0; step < count; step += 1) this.#unloadTop();
    this.emit({ kind: 'page', what: 'back', path: this.current.path });
    this.#uncover();
  }

  #open({ path, query, channel = eventChannel(this.service).opened }, how, leave) {
    const startTime = Date.now();
    this.#register(path);
    leave();
    const page = new Page({ path, query: this.service.realm.handOver(query), framework: this.framework, channel });
    this.stack.push(page);
    this.emit({ kind: 'page', what: how, path });
    this.framework.attach(page.root);
    page.call('onLoad', page.query);
    page.show();
    this.service.later('onReady', () => {
      this.framework.fireReady();
      if (!this.stack.includes(page)) return;
      page.ready = true;
      page.call('onReady');
      this.framework.checkHandlers();
      this.entries.push({ name: how, entryType: 'navigation', path, startTime, duration: Date.now() - startTime });
    });
  }

  /** Runs the scripts of the page and of all components it can reach, each once. */
  #register(path) {
    const owner = this.compiled.subPackages.find(({ pages }) => pages.includes(path));
    if (owner) this.loadedSubPackages.add(owner.root);
    this.#registerComponent(path);
  }

  #registerComponent(path) {
    if (this.registered.has(path)) return;
    this.registered.add(path);
    const config = this.compiled.configs.get(path);
    if (!config) throw new ApiFailure(`page or component "${path}" has no .js or .wxml file`);
    for (const used of config.dependencies) {
      if (this.compiled.configs.has(used)) this.#registerComponent(used);
    }
    let failure = `${path}.js calls neither Page() nor Component()`;
    this.definitions.run(path, () => {
      try {
        this.service.modules.load(`${path}.js`);
      } catch (error) {
        failure = error;
      }
    });
    if (this.framework.isRegistered(path)) return;
    this.service.fault('module', failure, `${path}.js`);
    this.definitions.defineNothing(path);
  }

  #unloadTop() {
    this.#unload(this.stack.pop());
  }

  #unload(page) {
    page.call('onUnload');
    page.visible = false;
    this.framework.release(page.root);
    this.emit({ kind: 'page', what: 'unload', path: page.path });
  }

  unloadAll() {
    while (this.stack.length > 0) this.#unloadTop();
    for (const page of this.otherTabs.values()) this.#unload(page);
    this.otherTabs.clear();
  }
}
