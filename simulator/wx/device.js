/** The device as `wx` tells of it: system info, network, randomness, permissions. */

import { ApiFailure, asynchronous, Listeners } from './api.js';
import { MENU_BUTTON, WINDOW } from './window.js';

const MAX_RANDOM_BYTES = 1048576;
const SCOPES = { 'scope.camera': 'camera', 'scope.record': 'record' };

const MODELS = {
  android: { brand: 'Xiaomi', model: 'Mi 14', system: 'Android 14', platform: 'android' },
  ios: { brand: 'iPhone', model: 'iPhone 12', system: 'iOS 15.8', platform: 'ios' },
  devtools: { brand: 'devtools', model: 'iPhone 12/13', system: 'iOS 10.0.1', platform: 'devtools' },
};

export class Device {
  /**
   * @param {{ host: import('../node-host.js').Host, service: any, options: import('../options.js').PhoneOptions, emit:
   * (event: object) => void }} parts
   */
  constructor({ host, service, options, emit }) {
    Object.assign(this, { host, service, options, emit });
    this.network = { isConnected: true, networkType: 'wifi' };
    this.weakNet = false;
    this.permissions = { ...options.permissions };
    this.listeners = {};
    for (const name of [
      'onNetworkStatusChange',
      'onNetworkWeakChange',
      'onAudioInterruptionBegin',
      'onAudioInterruptionEnd',
      'onMemoryWarning',
    ]) {
      this.listeners[name] = new Listeners(service, name);
    }
  }

  /** The functions of `wx` that this device gives. */
  api() {
    const api = { ...this.#listenerPairs(), ...this.#information(), ...this.#permissionApi() };
    api.getRandomValues = this.#async('getRandomValues', ({ length }) => {
      if (!Number.isInteger(length) || length < 1 || length > MAX_RANDOM_BYTES)
        throw new ApiFailure('parameter error: length is out of range');
      return { randomValues: this.host.randomBytes(length).buffer };
    });
    return api;
  }

  #async(name, work, style) {
    return asynchronous(this.service, name, work, style);
  }

  #listenerPairs() {
    const pairs = {};
    for (const [name, listeners] of Object.entries(this.listeners)) {
      pairs[name] = listeners.on;
      pairs[name.replace(/^on/, 'off')] = listeners.off;
    }
    return pairs;
  }

  #information() {
    const { options } = this;
    const model = MODELS[options.platform];
    const app = {
      SDKVersion: options.sdkVersion,
      language: 'zh_CN',
      version: '8.0.50',
      enableDebug: !options.urlCheck,
      host: { env: 'WeChat' },
      theme: 'light',
    };
    const device = {
      ...model,
      abi: 'arm64-v8a',
      benchmarkLevel: 30,
      cpuType: 'unknown',
      memorySize: 8192,
      deviceAbi: 'arm64-v8a',
    };
    const system = {
      ...model,
      ...WINDOW,
      SDKVersion: app.SDKVersion,
      language: app.language,
      version: app.version,
      enableDebug: app.enableDebug,
      fontSizeSetting: 16,
      benchmarkLevel: 30,
      theme: 'light',
      host: app.host,
      cameraAuthorized: true,
      microphoneAuthorized: true,
      wifiEnabled: true,
      locationEnabled: true,
    };
    return {
      getSystemInfoSync: () => system,
      getSystemInfo: this.#async('getSystemInfo', () => system),
      getAppBaseInfo: () => app,
      getDeviceInfo: () => device,
      getWindowInfo: () => WINDOW,
      getMenuButtonBoundingClientRect: () => MENU_BUTTON,
      getSystemSetting: () => ({
        bluetoothEnabled: true,
        locationEnabled: true,
        wifiEnabled: true,
        deviceOrientation: 'portrait',
      }),
      getAppAuthorizeSetting: () => this.#authorized(),
      getAccountInfoSync: () => ({
        miniProgram: { appId: 'wx0000000000000000', envVersion: options.urlCheck ? 'release' : 'develop', version: '' },
      }),
      getNetworkType: this.#async('getNetworkType', () => ({
        networkType: this.network.networkType,
        weakNet: this.weakNet,
        signalStrength: 80,
        hasSystemProxy: false,
      })),
    };
  }

  /** What the system lets WeChat do; the user may still refuse it to the mini-program. */
  #authorized() {
    const names = [
      'albumAuthorized',
      'bluetoothAuthorized',
      'cameraAuthorized',
      'locationAuthorized',
      'microphoneAuthorized',
      'notificationAuthorized',
    ];
    return { ...Object.fromEntries(names.map((name) => [name, 'authorized'])), locationReducedAccuracy: false };
  }

  #permissionApi() {
    const authSetting = () => ({ 'scope.camera': this.permissions.camera, 'scope.record': this.permissions.record });
    return {
      authorize: this.#async('authorize', ({ scope }) => {
        if (!(scope in SCOPES)) throw new ApiFailure('invalid scope');
        if (!this.permissions[SCOPES[scope]]) throw new ApiFailure('auth deny', { errno: 103 });
      }),
      getSetting: this.#async('getSetting', () => ({ authSetting: authSetting() })),
      openSetting: this.#async('openSetting', () => {
        this.emit({ kind: 'ui', api: 'openSetting' });
        return { authSetting: authSetting() };
      }),
    };
  }
}
