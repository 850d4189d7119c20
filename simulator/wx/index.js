/**
 * `wx`: every API the simulated phone offers. What is not here is undefined, as on a phone whose base library lacks it.
 */

import { BUILT_IN_TAGS } from '../ui/built-in-tags.js';
import { createAnimation } from './animation.js';
import { ApiFailure, asynchronous, Listeners } from './api.js';
import { base64Api } from './base64.js';
import { Device } from './device.js';
import { InnerAudios } from './inner-audio.js';
import { Interaction } from './interaction.js';
import { PackageReader } from './package-reader.js';
import { Storage } from './storage.js';

/**
 * The last three never come: a phone that is not looked at keeps its theme and its window, and opens no page that is
 * not there.
 */
const LIFE = [
  'onAppShow',
  'onAppHide',
  'onError',
  'onUnhandledRejection',
  'onThemeChange',
  'onWindowResize',
  'onPageNotFound',
];

export class Wx {
  /**
   * @param {object} parts
   * @param {import('../node-host.js').Host} parts.host
   * @param {import('../app-service/app-service.js').AppService} parts.service
   * @param {import('../options.js').PhoneOptions} parts.options
   * @param {import('../package-files.js').PackageFiles} parts.files
   * @param {import('../ui/pages.js').Pages} parts.pages
   * @param {import('../native/natives.js').Natives} parts.natives
   * @param {() => object[]} parts.performanceEntries
   * @param {(event: object) => void} parts.emit
   */
  constructor({ host, service, options, files, pages, natives, performanceEntries, emit }) {
    Object.assign(this, { service, options, pages, natives, performanceEntries });
    this.device = new Device({ host, service, options, emit });
    this.interaction = new Interaction({ service, pages, emit });
    this.audios = new InnerAudios({ host, service, options, files });
    this.reader = new PackageReader({ service, files });
    const isOnline = () => this.device.network.isConnected;
    this.sockets = host.createSockets({ service, options, isOnline, emit });
    this.requests = host.createRequests({ service, options, isOnline, emit });
    this.storage = new Storage(service.realm);
    this.life = {};
    for (const name of LIFE) this.life[name] = new Listeners(service, name);
    this.loginCodes = 0;
  }

  /** The `wx` object, made of values of the app's realm. */
  face() {
    const api = {
      connectSocket: (given) => this.sockets.connect(given),
      request: (given) => this.requests.start(given),
      ...this.device.api(),
      ...this.interaction.api(),
      ...this.#life(),
      ...this.#storage(),
      ...this.#routes(),
      ...this.#contexts(),
      ...this.#account(),
      ...base64Api(),
      env: this.reader.env,
      nextTick: (callback) => this.service.later('nextTick', callback),
      getPerformance: () => this.#performance(),
      getLaunchOptionsSync: () => this.pages.launchOptions,
      getEnterOptionsSync: () => this.pages.launchOptions,
    };
    api.canIUse = (schema) => canIUse(schema, api);
    return this.service.realm.handOver(api);
  }

  #life() {
    const pairs = {};
    for (const [name, listeners] of Object.entries(this.life)) {
      pairs[name] = listeners.on;
      pairs[name.replace(/^on/, 'off')] = listeners.off;
    }
    return pairs;
  }

  #storage() {
    const { storage, service } = this;
    const async = (name, work) =>
      asynchronous(service, name, (given) => {
        try {
          return work(given);
        } catch (error) {
          throw new ApiFailure(error.message);
        }
      });
    return {
      setStorageSync: (key, value) => storage.set(key, value),
      getStorageSync: (key) => storage.get(key),
      removeStorageSync: (key) => storage.remove(key),
      clearStorageSync: () => storage.clear(),
      getStorageInfoSync: () => storage.info(),
      clearStorage: async('clearStorage', () => storage.clear()),
      getStorageInfo: async('getStorageInfo', () => storage.info()),
      setStorage: async('setStorage', ({ key, data }) => storage.set(key, data)),
      getStorage: async('getStorage', ({ key }) => {
        if (!storage.has(key)) throw new Error('data not found');
        return { data: storage.get(key) };
      }),
      removeStorage: async('removeStorage', ({ key }) => storage.remove(key)),
    };
  }

  #routes() {
    const route = (name, work) => asynchronous(this.service, name, work);
    return {
      navigateTo: route('navigateTo', ({ url, events }) => this.pages.navigateTo(url, events)),
      redirectTo: route('redirectTo', ({ url }) => this.pages.redirectTo(url)),
      switchTab: route('switchTab', ({ url }) => this.pages.switchTab(url)),
      reLaunch: route('reLaunch', ({ url }) => this.pages.reLaunch(url)),
      navigateBack: route('navigateBack', ({ delta = 1 }) => this.pages.navigateBack(delta)),
    };
  }

  #contexts() {
    return {
      createLivePusherContext: () => this.natives.pusherContext(),
      createLivePlayerContext: (id, component) => this.natives.playerContext(id, component),
      createInnerAudioContext: () => this.audios.create(),
      createSelectorQuery: () => this.#top('createSelectorQuery').createSelectorQuery(),
      createIntersectionObserver: (component, given) =>
        (component ?? this.#top('createIntersectionObserver')).createIntersectionObserver(given),
      createAnimation: (given) => createAnimation(this.service.realm, given),
      getFileSystemManager: () => this.reader.manager(),
      getUpdateManager: () => this.#updateManager(),
    };
  }

  #top(api) {
    const page = this.pages.current;
    if (!page) throw new Error(`${api}: no page is open`);
    return page.instance;
  }

  /** This version is the newest: the check finds nothing, and there is nothing to apply. */
  #updateManager() {
    const check = new Listeners(this.service, 'UpdateManager.onCheckForUpdate');
    this.service.later('update', () => check.emit({ hasUpdate: false }));
    const never = () => {};
    return {
      onCheckForUpdate: check.on,
      onUpdateReady: never,
      onUpdateFailed: never,
      applyUpdate: () => {
        throw new Error('applyUpdate: no update is ready');
      },
    };
  }

  #account() {
    return {
      login: asynchronous(this.service, 'login', () => {
        if (!this.device.network.isConnected) throw new ApiFailure('network is down', { errno: 600000 });
        this.loginCodes += 1;
        return { code: `code-of-${this.options.name}-${this.loginCodes}` };
      }),
      checkSession: asynchronous(this.service, 'checkSession', () => {
        if (this.loginCodes === 0) throw new ApiFailure('session time out, need relogin');
      }),
    };
  }

  #performance() {
    const entries = this.performanceEntries;
    return {
      getEntries: () => entries(),
      getEntriesByType: (type) => entries().filter((entry) => entry.entryType === type),
      getEntriesByName: (name, type) =>
        entries().filter((entry) => entry.name === name && (!type || entry.entryType === type)),
    };
  }
}

function canIUse(schema, api) {
  const [first, second] = String(schema).split('.');
  if (first in api) return true;
  if (first in BUILT_IN_TAGS) {
    const attribute = second?.replace(/-([a-z])/g, (_all, letter) => letter.toUpperCase());
    return attribute === undefined || attribute in BUILT_IN_TAGS[first].properties;
  }
  return false;
}
