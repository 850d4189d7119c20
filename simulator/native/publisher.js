/** One attempt to push: an ffmpeg process that gets encoded tags on its input and publishes them over RTMP. */

import { encodeTag, FLV_HEADER } from './flv.js';
import { startProcess, endProcess } from './processes.js';

/** How far the attempt has come; the code that is fired when it ends there. */
const STAGE_CODES = { starting: 3002, handshaking: 3003, connected: 3004, publishing: 3005 };

const UPLINK_STEP_MS = 50;

/** Lines of ffmpeg's debug log that prove progress. */
const PROGRESS = [
  ['handshaking', /\[rtmp @ [^\]]*\] Handshaking/],
  ['connected', /\[rtmp @ [^\]]*\] (Releasing|Creating) stream/],
  ['publishing', /^Output #0, flv/m],
];

export class Publisher {
  #child;
  #config = {};
  #base = null;
  #ended = false;
  #blockedSince = null;
  /** What a narrow uplink has not taken yet. @type {Buffer[]} */
  #waiting = [];
  #waitingBytes = 0;
  #uplinkTimer = null;

  /**
   * @param {object} parts
   * @param {string} parts.ffmpeg
   * @param {string} parts.url
   * @param {number} parts.stallMs
   * @param {() => number | null} [parts.uplinkKbps] what the network takes now, in kbit/s; null: everything
   * @param {() => void} parts.onConnected RTMP connect was answered
   * @param {() => void} parts.onPublishing the server accepted the publish
   * @param {(code: number) => void} parts.onEnd once, with a 300x code, unless stopped
   * @param {(error: Error) => void} parts.onFailure ffmpeg cannot run
   */
  constructor(parts) {
    Object.assign(this, parts);
    this.stage = 'starting';
    this.bytes = 0;
  }

  start() {
    this.#child = startProcess(
      this.ffmpeg,
      [
        '-hide_banner',
        '-loglevel',
        'debug',
        '-nostats',
        '-fpsprobesize',
        '0',
        '-probesize',
        '5000',
        '-analyzeduration',
        '0',
        '-f',
        'flv',
        '-i',
        'pipe:0',
        '-c',
        'copy',
        '-max_interleave_delta',
        '100000',
        '-flush_packets',
        '1',
        '-flvflags',
        'no_duration_filesize',
        '-f',
        'flv',
        this.url,
      ],
      { stdio: ['pipe', 'ignore', 'pipe'], onMissing: (error) => this.onFailure(error) },
    );
    let log = '';
    this.#child.stderr.on('data', (chunk) => {
      log = (log + chunk).slice(-8000);
      this.#read(log);
    });
    this.#child.on('exit', () => this.#end(/Failed to resolve hostname/.test(log) ? 3001 : STAGE_CODES[this.stage]));
    this.watchdog = setInterval(() => this.#watch(), Math.max(20, this.stallMs / 10));
    this.startedAt = Date.now();
  }

  #read(log) {
    for (const [stage, pattern] of PROGRESS) {
      if (!pattern.test(log)) continue;
      if (stage === 'handshaking' && this.stage === 'starting') this.stage = stage;
      if (stage === 'connected' && (this.stage === 'starting' || this.stage === 'handshaking'))
        this.#reach(stage, this.onConnected);
      if (stage === 'publishing' && this.stage !== 'publishing') {
        if (this.stage !== 'connected') this.#reach('connected', this.onConnected);
        this.#reach(stage, this.onPublishing);
      }
    }
  }

  #reach(stage, tell) {
    if (this.#ended) return;
    this.stage = stage;
    tell();
  }

  /** Hands a tag over; frames before the first key frame are dropped, so that a decoder can start. */
  feed(tag) {
    if (this.#ended || !this.#child?.stdin.writable) return;
    if (tag.config) {
      this.#config[tag.kind] = tag;
      if (this.#base !== null) this.#write(tag, tag.timestamp);
      return;
    }
    if (this.#base === null) {
      if (!tag.key || !this.#config.video || !this.#config.audio) return;
      this.#base = tag.timestamp;
      this.#child.stdin.write(FLV_HEADER);
      this.#write(this.#config.video, tag.timestamp);
      this.#write(this.#config.audio, tag.timestamp);
    }
    this.#write(tag, tag.timestamp);
  }

  #write(tag, timestamp) {
    const bytes = encodeTag(tag, Math.max(0, Math.round(timestamp - this.#base)));
    if (this.stage === 'publishing') this.bytes += bytes.length;
    if (this.#waiting.length === 0 && (this.uplinkKbps?.() ?? null) === null) return this.#hand(bytes);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#uplinkTimer ??= setInterval(() => this.#trickle(), UPLINK_STEP_MS);
    return undefined;
  }

  /** Hands on as much as the uplink takes in one step; a tag that is larger goes as a whole, and the next ones wait. */
  #trickle() {
    const kbps = this.uplinkKbps?.() ?? null;
    this.budget = kbps === null ? Number.POSITIVE_INFINITY : (this.budget ?? 0) + (kbps / 8) * UPLINK_STEP_MS;
    while (this.#waiting.length > 0 && this.budget > 0 && !this.#ended) {
      const bytes = this.#waiting.shift();
      this.budget -= bytes.length;
      this.#waitingBytes -= bytes.length;
      this.#hand(bytes);
    }
    if (this.#waiting.length > 0 && !this.#ended) return;
    clearInterval(this.#uplinkTimer);
    this.#uplinkTimer = null;
    this.budget = 0;
  }

  #hand(bytes) {
    if (!this.#child.stdin.writable) return;
    if (!this.#child.stdin.write(bytes) && this.#blockedSince === null) {
      this.#blockedSince = Date.now();
      this.#child.stdin.once('drain', () => {
        this.#blockedSince = null;
      });
    }
  }

  /** Bytes that wait for the network. */
  get queuedBytes() {
    return (this.#child?.stdin.writableLength ?? 0) + this.#waitingBytes;
  }

  #watch() {
    const now = Date.now();
    const slowStart = this.stage !== 'publishing' && now - this.startedAt > this.stallMs * 2;
    const blocked = this.#blockedSince !== null && now - this.#blockedSince > this.stallMs;
    if (slowStart || blocked) this.break();
  }

  /** The connection dies under the publisher's feet. */
  break() {
    const code = STAGE_CODES[this.stage];
    endProcess(this.#child);
    this.#end(code);
  }

  #end(code) {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.watchdog);
    clearInterval(this.#uplinkTimer);
    this.onEnd(code);
  }

  /** Ends the attempt without a word. */
  stop() {
    this.#ended = true;
    clearInterval(this.watchdog);
    clearInterval(this.#uplinkTimer);
    return endProcess(this.#child);
  }
}
