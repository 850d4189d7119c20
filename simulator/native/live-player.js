/** `<live-player>`: pulls its src, decodes it for real, and fires WeChat's codes when these things happen. */

import { PLAYER_MESSAGES } from './codes.js';
import { PlayerMeter } from './meters.js';
import { Puller } from './puller.js';

const LOADING_AFTER_MS = 1000;

export class LivePlayer {
  #puller = null;
  #retryTimer = null;
  #statusTimer = null;

  /**
   * @param {object} parts
   * @param {import('../options.js').PhoneOptions} parts.options
   * @param {() => Record<string, any>} parts.properties
   * @param {(event: string, detail: object) => void} parts.fire
   * @param {() => boolean} parts.isOnline
   * @param {(url: string) => PlayCounters} parts.counters shared by all players of one url
   * @param {(error: Error) => void} parts.onFailure
   * @param {(tag: import('./flv.js').FlvTag | null) => void} [parts.onMedia] see `PhoneOptions`
   *
   * @typedef {{ url: string, videoFrames: number, audioFrames: number, changedPictures: number, silentAudioFrames:
   *   number, firstFrameMs: number | null, connects: number, playing: boolean }} PlayCounters
   */
  constructor(parts) {
    Object.assign(this, parts);
    this.running = false;
    this.muted = false;
    this.meter = new PlayerMeter();
    this.size = { width: 0, height: 0 };
  }

  attached() {
    const { src, autoplay } = this.properties();
    if (autoplay && src) this.play();
  }

  changed(name) {
    const { src, autoplay } = this.properties();
    if (name === 'src' && src !== this.src) {
      const wasRunning = this.running;
      this.stop();
      if (src && (autoplay || wasRunning)) this.play();
    } else if (name === 'autoplay' && autoplay && src && !this.running) {
      this.play();
    }
  }

  play() {
    const { src } = this.properties();
    if (this.running || !src) return false;
    Object.assign(this, { running: true, src, startedAt: Date.now(), retriesLeft: this.options.native.retries });
    this.count = this.counters(src);
    this.count.muted = this.muted;
    this.#connect(false);
    this.#statusTimer = setInterval(() => this.#netStatus(), this.options.native.netStatusMs);
    return true;
  }

  #code(code, message) {
    this.fire('statechange', { code, message: message ?? PLAYER_MESSAGES[code] ?? '' });
  }

  /** @param {boolean} quietly the process is only exchanged, the app sees no code */
  #connect(quietly) {
    if (!this.isOnline()) {
      setImmediate(() => {
        if (this.running && !this.#puller) this.#lost(3002);
      });
      return;
    }
    const seen = { key: quietly, frame: quietly };
    const unlessQuiet = (code) => () => {
      if (!quietly) this.#code(code);
    };
    const puller = new Puller({
      ffmpeg: this.options.ffmpeg,
      url: this.src,
      stallMs: this.options.native.stallMs,
      onConnected: unlessQuiet(2001),
      onOpen: unlessQuiet(2002),
      onDecoder: unlessQuiet(2008),
      onPacket: (packet) => {
        this.meter.received(packet.kind, packet.bytes, packet.key);
        if (packet.key) this.#keySeen(seen);
      },
      onFrame: (frame) => this.#decoded(frame, seen),
      onEnd: (code) => {
        if (this.#puller === puller) this.#lost(code);
      },
      onNewStream: () => {
        if (this.#puller !== puller) return;
        puller.stop();
        this.#connect(true);
      },
      ...(this.onMedia && { onMedia: this.onMedia }),
      onFailure: this.onFailure,
    });
    this.onMedia?.(null);
    this.#puller = puller;
    this.count.connects += 1;
    this.lastVideoAt = null;
    this.loading = false;
    puller.start();
  }

  #keySeen(seen) {
    if (seen.key) return;
    seen.key = true;
    this.#code(2003);
  }

  #decoded(frame, seen) {
    const { count } = this;
    if (frame.kind === 'video') this.#keySeen(seen);
    if (!seen.frame) {
      seen.frame = true;
      this.retriesLeft = this.options.native.retries;
      count.playing = true;
      this.#code(2004);
    }
    if (frame.kind === 'audio') {
      count.audioFrames += 1;
      if (frame.silent) count.silentAudioFrames += 1;
      return;
    }
    count.videoFrames += 1;
    if (frame.changed) count.changedPictures += 1;
    count.firstFrameMs ??= Date.now() - this.startedAt;
    const now = Date.now();
    if (this.lastVideoAt !== null && now - this.lastVideoAt > LOADING_AFTER_MS) this.#code(2007);
    this.lastVideoAt = now;
    if (frame.width !== this.size.width || frame.height !== this.size.height) {
      this.size = { width: frame.width, height: frame.height };
      this.#code(2009, `${frame.width}x${frame.height}`);
    }
  }

  #lost(code) {
    this.#puller = null;
    this.count.playing = false;
    this.#code(code);
    if (this.retriesLeft > 0) {
      this.retriesLeft -= 1;
      this.#code(2103);
      this.#retryTimer = setTimeout(() => {
        if (this.running) this.#connect(false);
      }, this.options.native.retryMs);
      return;
    }
    this.stop();
    this.#code(-2301);
  }

  #netStatus() {
    if (!this.count?.playing) return;
    this.fire('netstatus', { info: this.meter.status(this.size, this.options.native, 0) });
  }

  stop() {
    this.running = false;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#statusTimer);
    if (this.count) this.count.playing = false;
    const end = this.#puller?.stop();
    this.#puller = null;
    return Promise.resolve(end);
  }

  /** `LivePlayerContext.stop`. */
  end() {
    const { running } = this;
    const ending = this.stop();
    if (running && this.options.native.endTold) this.#code(2006);
    return ending;
  }

  /** The phone says that code, and what it tells of happens. */
  inject(code, message) {
    if (code === -2301 || code === 2006) this.stop();
    this.#code(code, message);
  }

  /** `LivePlayerContext.mute` is a toggle; there is no speaker here, so it shows in the counters only. */
  toggleMute() {
    this.muted = !this.muted;
    if (this.count) this.count.muted = this.muted;
  }

  pause() {
    this.stop();
  }

  resume() {
    this.play();
  }

  /** The app is frozen: the connection dies; the app sees it when it comes back. */
  suspend() {
    if (!this.running) return;
    this.suspended = true;
    this.stop();
  }

  appShown() {
    if (!this.suspended) return;
    this.suspended = false;
    const { src } = this.properties();
    if (!src) return;
    this.#code(2103);
    this.play();
  }

  /** Another page covers this one. */
  cover() {
    this.covered = this.running;
    this.stop();
  }

  uncover() {
    if (this.covered) this.play();
    this.covered = false;
  }

  breakConnection() {
    this.#puller?.break();
  }

  detach() {
    return this.stop();
  }
}
