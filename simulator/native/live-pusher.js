/**
 * `<live-pusher>`: captures, encodes and pushes real media to its url, and fires WeChat's codes when these things
 * happen.
 */

import { withoutSecrets } from '../redact.js';
import { Capture } from './capture.js';
import { PUSHER_MESSAGES } from './codes.js';
import { silenced } from './flv.js';
import { PusherMeter } from './meters.js';
import { Publisher } from './publisher.js';

/** From this `netQualityLevel` on, a tag on a narrow uplink says so. */
const NARROW_QUALITY = 4;

/** Codes that come with the event `error`. */
const ERROR_CODES = [10001, 10002, 10003, 10004];

export class LivePusher {
  #capture = null;
  #publisher = null;
  #retryTimer = null;
  #statusTimer = null;
  #held = [];
  #lastConfig = {};

  /**
   * @param {object} parts
   * @param {import('../options.js').PhoneOptions} parts.options
   * @param {() => Record<string, any>} parts.properties the tag's attributes now
   * @param {(event: string, detail: object) => void} parts.fire
   * @param {() => boolean} parts.isOnline
   * @param {() => { camera: boolean, record: boolean }} parts.permissions
   * @param {() => import('./capture.js').Source | null} parts.source what is captured; null: the test picture
   * @param {() => number | null} parts.uplinkKbps what the network takes now; null: everything
   * @param {(error: Error) => void} parts.onFailure ffmpeg cannot run
   * @param {(tag: import('./flv.js').FlvTag | null) => void} [parts.onMedia] see `PhoneOptions`
   */
  constructor(parts) {
    Object.assign(this, parts);
    this.running = false;
    this.paused = false;
    this.suspended = false;
    this.background = false;
    this.interrupted = false;
    /** The microphone gives silence, in this tag for good. */
    this.deaf = false;
    /** Encoders that have failed: until the next start their track is missing. */
    this.failed = { video: false, audio: false };
    this.meter = new PusherMeter();
    this.totals = { videoFrames: 0, audioFrames: 0, bytes: 0, publishes: 0, firstPublishMs: null };
  }

  attached() {
    const { url, autopush } = this.properties();
    if (autopush && url) this.start();
  }

  changed(name) {
    const { url, autopush, enableCamera } = this.properties();
    if (name === 'url' && url !== this.url) {
      const wasRunning = this.running;
      this.stop();
      if (url && (autopush || wasRunning)) this.start();
    } else if (name === 'autopush' && autopush && url && !this.running) {
      this.start();
    } else if (name === 'devicePosition') {
      this.position = this.properties().devicePosition;
      if (this.running && this.#capture?.wish.camera) this.#openDevices(true);
    } else if (name === 'enableCamera' && this.running && enableCamera && this.#capture && !this.#capture.wish.camera) {
      if (!this.permissions().camera) this.#refuse('camera');
      else this.#openDevices(true);
    }
  }

  start() {
    const { url, enableCamera, enableMic } = this.properties();
    if (this.running || !url) return false;
    const granted = this.permissions();
    if (enableCamera && !granted.camera) return this.#refuse('camera');
    if (enableMic && !granted.record) return this.#refuse('microphone');
    this.failed = { video: false, audio: false };
    Object.assign(this, {
      running: true,
      suspended: false,
      paused: false,
      url,
      startedAt: Date.now(),
      retriesLeft: this.options.native.retries,
    });
    this.#held = this.options.native.pusherCodeOrder === 'connect-first' ? [] : null;
    this.encoderTold = false;
    this.#openDevices(enableCamera);
    this.#connect();
    this.#statusTimer = setInterval(() => this.#netStatus(), this.options.native.netStatusMs);
    return true;
  }

  #refuse(device) {
    const camera = device === 'camera';
    this.fire('error', { errMsg: `${device}: permission denied`, errCode: camera ? 10001 : 10002 });
    this.#code(camera ? -1301 : -1302);
    return false;
  }

  #code(code, message = PUSHER_MESSAGES[code] ?? '') {
    this.fire('statechange', { code, message });
  }

  #captureCode(code) {
    if (this.#held) this.#held.push(code);
    else this.#code(code);
  }

  /** Front to back and back to front: the bar in the picture moves from the top to the bottom. */
  switchCamera() {
    this.position = (this.position ?? this.properties().devicePosition) === 'back' ? 'front' : 'back';
    if (this.running && this.#capture?.wish.camera) this.#openDevices(true);
  }

  /** The source is another one: the capture starts again. */
  sourceChanged() {
    if (this.#capture) this.#openDevices(this.#capture.wish.camera);
  }

  #openDevices(camera) {
    this.#capture?.stop();
    const { minBitrate, maxBitrate, audioQuality, devicePosition } = this.properties();
    const position = this.position ?? devicePosition;
    let offset = null;
    const capture = new Capture({
      options: this.options,
      wish: {
        camera,
        position,
        kbps: Math.max(50, minBitrate, maxBitrate),
        audioRate: audioQuality === 'low' ? 16000 : 48000,
      },
      source: this.source(),
      onOpened: () => {
        if (this.#capture === capture && camera) this.#captureCode(1003);
      },
      onTag: (tag) => {
        if (this.#capture !== capture) return;
        offset ??= Date.now() - this.startedAt - tag.timestamp;
        this.#captured({ ...tag, timestamp: tag.timestamp + offset }, camera);
      },
      onFailure: (error) => {
        if (this.#capture === capture) this.onFailure(error);
      },
    });
    this.onMedia?.(null);
    this.#capture = capture;
    capture.start();
  }

  #captured(tag, camera) {
    if (tag.config) {
      this.#lastConfig[tag.kind] = tag;
      this.#publisher?.feed(tag);
      this.onMedia?.(tag);
      return;
    }
    if (!this.encoderTold && (tag.kind === 'video' || !camera)) {
      this.encoderTold = true;
      if (camera) this.#captureCode(1007);
      this.#captureCode(1008);
    }
    const { enableCamera, enableMic, muted, backgroundMute } = this.properties();
    const blind = !enableCamera || this.paused || this.background;
    const deaf =
      !enableMic || muted || this.deaf || this.paused || this.interrupted || (this.background && backgroundMute);
    if (this.failed[tag.kind]) return;
    const publisher = this.#publisher;
    // The first key frame always goes out, so that the stream has a video track that can come alive later.
    if (tag.kind === 'video' && blind && publisher?.hasVideo) return;
    if (tag.kind === 'video' && publisher) {
      // After a gap the picture must start from a key frame again.
      if (publisher.awaitsKey && !tag.key) return;
      publisher.awaitsKey = blind;
      publisher.hasVideo = publisher.hasVideo || tag.key;
    }
    const sent = tag.kind === 'audio' && deaf ? silenced(tag) : tag;
    publisher?.feed(sent);
    this.onMedia?.(sent);
    if (publisher?.stage !== 'publishing') return;
    this.meter.sent(sent);
    this.totals[tag.kind === 'video' ? 'videoFrames' : 'audioFrames'] += 1;
    this.totals.bytes += sent.body.length;
  }

  #connect() {
    if (!this.isOnline()) {
      setImmediate(() => {
        if (this.running && !this.#publisher) this.#lost(3002);
      });
      return;
    }
    const publisher = new Publisher({
      ffmpeg: this.options.ffmpeg,
      url: this.url,
      stallMs: this.options.native.stallMs,
      uplinkKbps: this.uplinkKbps,
      onConnected: () => this.#code(1001),
      onPublishing: () => this.#published(),
      onEnd: (code) => {
        if (this.#publisher === publisher) this.#lost(code);
      },
      onFailure: this.onFailure,
    });
    this.#publisher = publisher;
    publisher.start();
    for (const tag of Object.values(this.#lastConfig)) publisher.feed(tag);
  }

  #published() {
    this.retriesLeft = this.options.native.retries;
    this.totals.publishes += 1;
    this.totals.firstPublishMs ??= Date.now() - this.startedAt;
    this.#code(1002);
    const held = this.#held ?? [];
    this.#held = null;
    for (const code of held) this.#code(code);
  }

  #lost(code) {
    this.#publisher = null;
    this.#code(code);
    if (this.retriesLeft > 0) {
      this.retriesLeft -= 1;
      this.#code(1102);
      this.#retryTimer = setTimeout(() => {
        if (this.running) this.#connect();
      }, this.options.native.retryMs);
      return;
    }
    this.stop();
    this.#code(-1307);
  }

  #netStatus() {
    if (this.#publisher?.stage !== 'publishing') return;
    const { native } = this.options;
    const info = this.meter.status(this.#publisher.queuedBytes, native);
    this.fire('netstatus', { info });
    if (this.uplinkKbps() !== null && Number(info.netQualityLevel) >= NARROW_QUALITY) this.#code(1101);
  }

  /** Ends pushing and capture, without a code. */
  stop() {
    this.running = false;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#statusTimer);
    const ends = [this.#publisher?.stop(), this.#capture?.stop()];
    this.#publisher = null;
    this.#capture = null;
    this.#lastConfig = {};
    return Promise.all(ends);
  }

  pause() {
    this.paused = true;
  }

  resume() {
    this.paused = false;
  }

  /** The app is frozen: pushing ends with 5000, which the app hears when it runs again. */
  suspend(code = 5000) {
    if (!this.running) return;
    this.stop();
    this.suspended = true;
    this.#code(code);
  }

  /** The phone says that code, and what it tells of happens. */
  inject(code, message) {
    switch (code) {
      case -1307:
        this.stop();
        break;
      case 5000:
      case 5001:
        return this.suspend(code);
      case -1303:
        this.failed.video = true;
        break;
      case -1304:
        this.failed.audio = true;
        break;
      case -1311:
        this.deaf = true;
        break;
      case 10001:
      case 10002:
        this.stop();
        break;
      default:
    }
    if (ERROR_CODES.includes(code)) return this.fire('error', { errCode: code, errMsg: message ?? '' });
    return this.#code(code, message);
  }

  appShown() {
    this.background = false;
    if (this.suspended && this.options.native.resumeAfterSuspend) this.start();
  }

  breakConnection() {
    this.#publisher?.break();
  }

  detach() {
    return this.stop();
  }

  stats() {
    return {
      url: this.url ? withoutSecrets(this.url) : null,
      running: this.running,
      publishing: this.#publisher?.stage === 'publishing',
      ...this.totals,
    };
  }
}
