/** The stack of pages: opens, hides and unloads them in WeChat's order, at most ten deep. */

import { resolvePath } from '../package-path.js';
import { ApiFailure } from '../wx/api.js';

const DEEPEST = 10;

/** One open page. */
export class Page {
  constructor({ path, query, framework }) {
    Object.assign(this, { path, query, framework, ready: false, visible: false });
    this.root = framework.createRoot(path);
    this.component = this.root.getComponent();
    this.instance = this.root.get();
    // Fields of its own, which the app may overwrite: runtimes do.
    Object.assign(this.instance, { route: path, options: query, __route__: path });
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
    this.definitions = framework.definitions;
    this.registered = new Set();
    this.loadedSubPackages = new Set();
    this.launchOptions = null;
    this.entries = [];
  }

  get current() { return this.stack[this.stack.length - 1]; }

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

  navigateTo(url) {
    const target = this.parse(url);
    if (this.stack.length >= DEEPEST) throw new ApiFailure('webview count limit exceed');
    this.#open(target, 'navigateTo', () => {
      if (!this.current) return;
      this.current.hide();
      this.onCovered(this.current);
    });
  }

  redirectTo(url) {
    const target = this.parse(url);
    this.#open(target, 'redirectTo', () => this.#unloadTop());
  }

  reLaunch(url) {
    const target = this.parse(url);
    this.#open(target, 'reLaunch', () => this.unloadAll());
  }

  navigateBack(delta) {
    if (this.stack.length < 2) throw new ApiFailure('cannot navigate back at first page.');
    const count = Math.min(Math.max(1, delta), this.stack.length - 1);
    for (let step = 0; step < count; step += 1) this.#unloadTop();
    this.emit({ kind: 'page', what: 'back', path: this.current.path });
    this.current.show();
    this.onUncovered(this.current);
  }

  #open({ path, query }, how, leave) {
    const startTime = Date.now();
    this.#register(path);
    leave();
    const page = new Page({ path, query: this.service.realm.handOver(query), framework: this.framework });
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
    const page = this.stack.pop();
    page.call('onUnload');
    page.visible = false;
    this.framework.release(page.root);
    this.emit({ kind: 'page', what: 'unload', path: page.path });
  }

  unloadAll() {
    while (this.stack.length > 0) this.#unloadTop();
  }
}
