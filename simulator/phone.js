/** A phone: one simulated device that runs one mini-program. Many of them live in one process. */

import { completeOptions } from './options.js';
import { redact } from './redact.js';
import { knownTags } from './ui/built-in-tags.js';
import { Framework } from './ui/framework.js';
import { NodeHandle, find, findAll } from './ui/node-handle.js';
import { Pages } from './ui/pages.js';
import { View } from './ui/view.js';
import { Waiters } from './waiters.js';
import { ApiFailure } from './wx/api.js';
import { Wx } from './wx/index.js';

export class Phone {
  #listeners = new Set();
  #freezeTimer = null;
  #waiters = new Waiters(this);
  #app = null;

  /**
   * Starts a phone: loads the package, runs app.js, fires onLaunch and onShow. No page is open yet.
   * @param {import('./node-host.js').Host} host
   * @param {Partial<import('./options.js').PhoneOptions> & { root: string }} options
   */
  static async bootOn(host, options) {
    const phone = new Phone(host, completeOptions(options));
    try {
      await phone.files.scripts.prepare();
      phone.#launch();
    } catch (error) {
      await phone.close();
      throw error;
    }
    return phone;
  }

  /** @private use Phone.boot */
  constructor(host, options) {
    this.options = options;
    this.name = options.name;
    this.startedAt = Date.now();
    this.visible = true;
    this.closed = false;
    /** What the app did wrong; a test asserts that it is empty. */
    this.faults = [];
    /** Every setData call: component, bytes, keys. */
    this.setDataLog = [];
    /** Everything printed to the console. */
    this.consoleLog = [];
    this.files = host.openPackage(options.root);
    this.compiled = host.compilePackage(this.files, knownTags());
    this.service = host.createService({
      options,
      files: this.files,
      aliases: this.compiled.app.resolveAlias,
      beforeLoad: (path) => this.pages.refuseUnloaded(path),
      onFault: (fault) => this.#fault(fault),
      onConsole: (level, message) => {
        this.consoleLog.push({ level, message });
        this.#emit({ kind: 'console', level, message });
      },
    });
    this.service.onUnhandledRejection = (reason) => {
      const event = { reason: redact(reason?.message ?? reason) };
      this.wx.life.onUnhandledRejection.emit(event);
      this.#callApp('onUnhandledRejection', event);
    };
    this.natives = host.createNatives({
      service: this.service,
      options,
      phone: this,
      emit: (event) => this.#emit(event),
    });
    this.view = new View();
    this.framework = new Framework({
      host,
      service: this.service,
      compiled: this.compiled,
      view: this.view,
      onSetData: (record) => {
        this.setDataLog.push(record);
        this.#emit({ kind: 'setData', ...record });
      },
      attachNative: (tag, element, properties) => this.natives.attach(tag, element, properties),
    });
    this.pages = new Pages({
      compiled: this.compiled,
      framework: this.framework,
      service: this.service,
      emit: (event) => this.#emit(event),
      onCovered: (page) => this.natives.pageCovered(page.component),
      onUncovered: (page) => this.natives.pageUncovered(page.component),
    });
    this.wx = new Wx({
      host,
      service: this.service,
      options,
      files: this.files,
      pages: this.pages,
      natives: this.natives,
      performanceEntries: () => this.pages.entries,
      emit: (event) => this.#emit(event),
    });
    for (const fault of this.compiled.faults) this.#fault(fault);
  }

  #launch() {
    const { realm, modules } = this.service;
    realm.define('wx', this.wx.face());
    const offer = (name, hostFunction) => realm.define(name, realm.passThrough(hostFunction, name));
    const early = realm.handOver({});
    // What was left on the object of `getApp({ allowDefault: true })` is the app's as well.
    offer('App', (definition) => {
      this.#app = Object.assign(definition, { ...early, ...definition });
    });
    offer('getApp', (given) => this.#app ?? (given?.allowDefault ? early : undefined));
    offer('getCurrentPages', () => realm.global.Array.from(this.pages.stack.map((page) => page.instance)));
    this.pages.definitions.offer();
    realm.rememberGlobals();
    const startTime = Date.now();
    if (this.files.scripts.has('app.js')) {
      this.service.enter('app.js', () => modules.load('app.js'));
      if (!this.#app) this.service.fault('module', 'app.js does not call App()', 'app.js');
    }
    this.pages.entries.push({
      name: 'appLaunch',
      entryType: 'navigation',
      path: '',
      startTime,
      duration: Date.now() - startTime,
    });
  }

  /** Opens a page by its address; the first one launches the app, later ones relaunch it. Resolves after onReady. */
  async open(address) {
    const { path, query } = this.pages.parse(address);
    const options = { path, query, scene: 1001, referrerInfo: {} };
    if (this.pages.launchOptions === null) {
      this.pages.launchOptions = options;
      this.#callApp('onLaunch', options);
      this.#callApp('onShow', options);
    }
    try {
      this.pages.reLaunch(address.startsWith('/') ? address : `/${address}`);
    } catch (error) {
      if (error instanceof ApiFailure) throw new Error(`open ${redact(address)}: ${error.message}`);
      throw error;
    }
    await this.waitFor(() => this.pages.current?.ready, 5000, `${path} to be ready`);
  }

  /** The page on top, or null. */
  get page() {
    const page = this.pages.current;
    if (!page) return null;
    const handle = new NodeHandle(page.component, this.framework);
    return {
      path: page.path,
      query: JSON.parse(JSON.stringify(page.query)),
      instance: page.instance,
      get data() {
        return handle.data;
      },
      find: (selector) => find(page.component, selector, this.framework),
      findAll: (selector) => findAll(page.component, selector, this.framework),
      text: () => handle.text(),
      /** Calls a method of the page as the app itself would. */
      call: (method, ...parameters) =>
        this.service.enter(`${page.path} ${method}`, () => {
          if (typeof page.instance[method] !== 'function')
            throw new Error(`page ${page.path} has no method '${method}'`);
          return page.instance[method](...parameters.map((value) => this.service.realm.handOver(value)));
        }),
    };
  }

  /** The object given to App(). */
  get app() {
    return this.#app;
  }

  /**
   * Listens to what happens on this phone.
   * @param {(event: { kind: string, phone: string, at: number }) => void} listener
   * @returns {() => void} stops listening
   */
  onEvent(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #emit(event) {
    if (this.closed) return;
    const full = { phone: this.name, at: Date.now() - this.startedAt, ...event };
    this.options.log?.(full);
    for (const listener of [...this.#listeners]) listener(full);
    this.#waiters.wake();
  }

  #fault(fault) {
    const known = { ...fault, message: redact(fault.message) };
    this.faults.push(known);
    this.#emit({ ...known, kind: 'fault', fault: known.kind, stack: undefined });
    if (fault.kind !== 'exception' || !this.wx) return;
    const text = `${known.message}\n${redact(fault.stack ?? '')}`;
    this.wx.life.onError.emit({ message: known.message, stack: redact(fault.stack ?? '') });
    this.#callApp('onError', text);
  }

  #callApp(name, parameter) {
    const method = this.#app?.[name];
    if (typeof method !== 'function') return;
    const handed = this.service.realm.handOver(parameter);
    // An exception inside onError must not call onError again.
    if (name === 'onError') {
      try {
        method.call(this.#app, handed);
      } catch {
        /* WeChat drops it as well */
      }
      return;
    }
    this.service.enter(`App ${name}`, () => method.call(this.#app, handed));
  }

  /** The user leaves the app; after `backgroundFreezeMs` its JavaScript freezes and its connections are cut. */
  hide() {
    if (!this.visible) return;
    this.visible = false;
    this.#emit({ kind: 'app', what: 'hide' });
    if (this.options.viewPausedInBackground) this.view.pause();
    this.pages.current?.hide();
    this.#callApp('onHide', undefined);
    this.wx.life.onAppHide.emit(undefined);
    this.natives.appHidden();
    this.#freezeTimer = setTimeout(() => this.#freeze(), this.options.backgroundFreezeMs);
  }

  #freeze() {
    this.#emit({ kind: 'app', what: 'freeze' });
    this.service.freeze();
    this.natives.suspend();
    this.wx.audios.pauseAll();
    this.wx.requests.interruptAll();
    this.wx.sockets.cut({ silent: !this.options.backgroundOnClose, code: 1000, reason: 'interrupted' });
  }

  /** The user comes back. What was held back while frozen runs first, then onShow. */
  show() {
    if (this.visible) return;
    this.visible = true;
    clearTimeout(this.#freezeTimer);
    const wasFrozen = this.service.frozen;
    this.#emit({ kind: 'app', what: 'show', wasFrozen });
    this.service.thaw();
    const options = { path: this.pages.current?.path, query: {}, scene: 1089 };
    this.#callApp('onShow', options);
    this.wx.life.onAppShow.emit(options);
    this.pages.current?.show();
    this.view.goOn();
    this.natives.appShown();
  }

  /**
   * Changes the network. Going offline or to another type breaks sockets and media, as on a phone.
   * @param {{ isConnected?: boolean, networkType?: string, weakNet?: boolean }} network
   * @param {{ cut?: 'close' | 'silent' | 'none' }} [how] what the sockets see; 'close' unless said otherwise
   */
  setNetwork(network, { cut = 'close' } = {}) {
    const { device, sockets } = this.wx;
    const before = device.network;
    const isConnected = network.isConnected ?? before.isConnected;
    const networkType =
      network.networkType ?? (isConnected ? (before.networkType === 'none' ? 'wifi' : before.networkType) : 'none');
    const changed = isConnected !== before.isConnected || networkType !== before.networkType;
    device.network = { isConnected, networkType };
    this.#emit({ kind: 'network', isConnected, networkType, weakNet: network.weakNet });
    if (network.weakNet !== undefined && network.weakNet !== device.weakNet) {
      device.weakNet = network.weakNet;
      device.listeners.onNetworkWeakChange.emit({ weakNet: device.weakNet, networkType });
    }
    if (!changed) return;
    device.listeners.onNetworkStatusChange.emit({ isConnected, networkType });
    if (cut === 'none') return;
    sockets.cut({ silent: cut === 'silent' });
    this.natives.breakConnections();
  }

  /**
   * Puts something else in front of camera and microphone: inputs of ffmpeg that come at the speed of time.
   * @param {{ video: string[], audio: string[] } | null} source null: the test picture and the tone
   */
  setSource(source) {
    this.natives.setSource(source);
  }

  /** Lets the network take less of what is pushed; the rest waits. @param {number | null} kbps null: everything */
  setUplink(kbps) {
    this.natives.uplinkKbps = kbps;
  }

  /** Cuts every socket; silent: the app sees nothing, the tasks look open and swallow what is sent. */
  cutSockets({ silent = false } = {}) {
    this.wx.sockets.cut({ silent });
  }

  /** Cuts the connections of pusher and players, as a change of network would. */
  cutMedia() {
    this.natives.breakConnections();
  }

  setPermissions(permissions) {
    Object.assign(this.wx.device.permissions, permissions);
  }

  /** @param {'begin' | 'end'} edge a phone call takes the microphone, or gives it back */
  audioInterruption(edge) {
    this.natives.audioInterruption(edge === 'begin');
    this.wx.device.listeners[edge === 'begin' ? 'onAudioInterruptionBegin' : 'onAudioInterruptionEnd'].emit(undefined);
  }

  /**
   * Lets a native tag of the page on top say a code. What the code tells of happens: after -1307 nothing is pushed,
   * after -1304 no sound comes until the next start, after -1311 none from that tag; other codes are only said.
   * @param {'pusher' | 'player' | { uid: string, screen?: boolean }} target 'player': the first one
   * @param {number} code of `statechange`, or 10001, 10002 of `error`
   * @param {string} [message]
   */
  injectCode(target, code, message) {
    this.natives.inject(target, code, message);
  }

  memoryWarning(level) {
    this.wx.device.listeners.onMemoryWarning.emit(this.options.platform === 'ios' ? {} : { level });
  }

  /** Counters of media and of the environment, at this moment. */
  stats() {
    return {
      ...this.natives.stats(),
      sockets: this.wx.sockets.count,
      requests: this.wx.requests.count,
      timers: this.service.timers.count,
      setDataCalls: this.setDataLog.length,
      setDataBytes: this.setDataLog.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** Names that the app put on the global object. */
  addedGlobals() {
    return this.service.realm.addedGlobals();
  }

  /**
   * Waits until a predicate holds; it is tried at every event and every 20 ms.
   * @template T
   * @param {() => T} predicate
   * @param {number} milliseconds
   * @param {string} what for the message of the error
   * @returns {Promise<NonNullable<T>>} what the predicate gave
   */
  waitFor(predicate, milliseconds, what) {
    return this.#waiters.until(predicate, milliseconds, what);
  }

  /** Ends everything: pages unload, then sockets, timers and child processes go. */
  close() {
    return this.#end(() => {
      if (!this.service.frozen) this.pages.unloadAll();
    });
  }

  /** WeChat throws the mini-program away, as it does under memory pressure: no method of the app runs any more. */
  kill() {
    return this.#end(() => {});
  }

  async #end(unload) {
    if (this.closed) return;
    clearTimeout(this.#freezeTimer);
    unload();
    this.service.close();
    this.wx.sockets.closeAll();
    this.wx.requests.interruptAll();
    await Promise.all([this.natives.close(), this.wx.audios.closeAll()]);
    this.closed = true;
    this.#waiters.wake();
  }
}
