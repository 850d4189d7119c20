/**
 * `wx.createInnerAudioContext`: plays sound files of the package or of the network, decoded in real time, heard by
 * nobody.
 */

import { Listeners } from './api.js';

const EVENTS = ['Canplay', 'Play', 'Pause', 'Stop', 'Ended', 'TimeUpdate', 'Error', 'Waiting', 'Seeking', 'Seeked'];
const TIME_UPDATE_MS = 250;
const ERRORS = { network: 10002, file: 10003, format: 10004 };

export class InnerAudios {
  #live = new Set();

  /**
   * @param {{ host: import('../node-host.js').Host, service: any, options: import('../options.js').PhoneOptions, files:
   * import('../package-files.js').PackageFiles }} parts
   */
  constructor({ host, service, options, files }) {
    Object.assign(this, { host, service, options, files });
  }

  /** @returns {object} InnerAudioContext of the app's realm */
  create() {
    const audio = new InnerAudio(this);
    this.#live.add(audio);
    return audio.face;
  }

  forget(audio) {
    this.#live.delete(audio);
  }

  /** The background: what plays is paused, and stays so. */
  pauseAll() {
    for (const audio of this.#live) audio.pause();
  }

  closeAll() {
    return Promise.all([...this.#live].map((audio) => audio.destroy()));
  }
}

class InnerAudio {
  #playing = null;
  #startedAt = 0;
  #position = 0;
  #ticker = null;

  constructor(owner) {
    this.owner = owner;
    const { service } = owner;
    this.settings = {
      src: '',
      startTime: 0,
      autoplay: false,
      loop: false,
      obeyMuteSwitch: true,
      volume: 1,
      playbackRate: 1,
      referrerPolicy: 'origin',
    };
    this.duration = 0;
    this.listeners = {};
    const methods = {
      play: () => this.play(),
      pause: () => this.pause(),
      stop: () => this.stop(),
      seek: (seconds) => this.seek(seconds),
      destroy: () => {
        this.destroy();
      },
    };
    for (const event of EVENTS) {
      const listeners = new Listeners(service, `InnerAudioContext.on${event}`);
      this.listeners[event] = listeners;
      methods[`on${event}`] = listeners.on;
      methods[`off${event}`] = listeners.off;
    }
    this.face = service.realm.handOver(methods);
    for (const name of Object.keys(this.settings))
      this.#property(
        name,
        () => this.settings[name],
        (value) => this.#set(name, value),
      );
    for (const [name, read] of Object.entries({
      duration: () => this.duration,
      currentTime: () => this.currentTime,
      paused: () => this.#playing === null,
      buffered: () => this.duration,
    }))
      this.#property(name, read);
  }

  #property(name, read, write) {
    const { realm } = this.owner.service;
    const accessors = {
      enumerable: true,
      configurable: true,
      get: realm.passThrough(read, name),
      set: write && realm.passThrough(write, name),
    };
    realm.global.Object.defineProperty(this.face, name, accessors);
  }

  #set(name, value) {
    this.settings[name] = value;
    if (name !== 'src') return;
    this.#halt();
    this.#position = 0;
    this.duration = 0;
    this.#tell('Canplay');
    if (this.settings.autoplay) this.play();
  }

  get currentTime() {
    if (this.#playing === null || this.#startedAt === 0) return this.#position;
    return this.#position + ((Date.now() - this.#startedAt) / 1000) * this.settings.playbackRate;
  }

  play() {
    if (this.#playing) return;
    const { host, options } = this.owner;
    const source = this.#source();
    if (source === null) {
      this.#tell('Error', { errCode: ERRORS.file, errMsg: `file not found: ${this.settings.src}` });
      return;
    }
    const playing = host.createAudioFile({
      ffmpeg: options.ffmpeg,
      source,
      from: this.#position || this.settings.startTime,
      rate: this.settings.playbackRate,
      onStarted: (seconds) => {
        this.duration = seconds;
        this.#startedAt = Date.now();
        this.#ticker = setInterval(() => this.#tell('TimeUpdate'), TIME_UPDATE_MS);
        this.#tell('Play');
      },
      onEnded: () => this.#ended(),
      onFailure: (error) => {
        this.#halt();
        const errCode = /^https?:/.test(source) ? ERRORS.network : ERRORS.format;
        this.#tell('Error', { errCode, errMsg: error.message });
      },
    });
    this.#playing = playing;
    playing.start();
  }

  pause() {
    if (!this.#playing) return;
    this.#position = this.currentTime;
    this.#halt();
    this.#tell('Pause');
  }

  stop() {
    this.#halt();
    this.#position = 0;
    this.#tell('Stop');
  }

  seek(seconds) {
    const wasPlaying = this.#playing !== null;
    this.#tell('Seeking');
    this.#halt();
    this.#position = Number(seconds) || 0;
    this.#tell('Seeked');
    if (wasPlaying) this.play();
  }

  destroy() {
    for (const listeners of Object.values(this.listeners)) listeners.off();
    this.owner.forget(this);
    return this.#halt();
  }

  #ended() {
    this.#halt();
    this.#position = 0;
    this.#tell('Ended');
    if (this.settings.loop) this.play();
  }

  #halt() {
    const playing = this.#playing;
    this.#playing = null;
    this.#startedAt = 0;
    clearInterval(this.#ticker);
    return playing?.stop();
  }

  #source() {
    const { src } = this.settings;
    if (/^https?:\/\//.test(src)) return src;
    return typeof src === 'string' && src !== '' ? this.owner.files.diskPath(src.replace(/^\//, '')) : null;
  }

  #tell(event, payload) {
    this.listeners[event].emit(payload);
  }
}
