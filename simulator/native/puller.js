/**
 * One attempt to play: an ffmpeg process that pulls a URL and really decodes it.
 *
 * It reports a line for every packet it received (pipe 3) and for every frame it decoded (pipe 1), with a checksum, so
 * that frames, key frames, bit rates, standing pictures and silence are counted, not guessed.
 */

import { FlvReader } from './flv.js';
import { startProcess, endProcess } from './processes.js';

const STAGE_CODES = { starting: 3002, connected: 3005, open: 3005 };
const SILENCE = '0x00000000';

/** What was received, once more, as it is. */
const COPY = [
  ...['-map', '0:v?', '-map', '0:a?', '-c', 'copy', '-max_interleave_delta', '1', '-flush_packets', '1'],
  ...['-flvflags', 'no_duration_filesize', '-f', 'flv', 'pipe:4'],
];

export class Puller {
  #child;
  #ended = false;

  /**
   * @param {object} parts
   * @param {string} parts.ffmpeg @param {string} parts.url @param {number} parts.stallMs
   * @param {() => void} parts.onConnected the TCP connection stands
   * @param {() => void} parts.onOpen the stream's header was read
   * @param {() => void} parts.onDecoder the decoder started
   * @param {(packet: { kind: 'video' | 'audio', bytes: number, key: boolean }) => void} parts.onPacket
   * @param {(frame: { kind: 'video' | 'audio', width?: number, height?: number, changed: boolean, silent: boolean }) =>
   *   void} parts.onFrame
   * @param {(code: number) => void} parts.onEnd once, with a 300x code, unless stopped
   * @param {() => void} parts.onNewStream a track appeared that this process does not decode
   * @param {(tag: import('./flv.js').FlvTag) => void} [parts.onMedia] gets what was received as well
   * @param {(error: Error) => void} parts.onFailure ffmpeg cannot run
   */
  constructor(parts) {
    Object.assign(this, parts);
    this.stage = 'starting';
  }

  start() {
    this.#child = startProcess(
      this.ffmpeg,
      [
        '-hide_banner',
        '-loglevel',
        'verbose',
        '-nostats',
        '-nostdin',
        '-fpsprobesize',
        '0',
        '-analyzeduration',
        '500000',
        '-flags',
        'low_delay',
        '-threads',
        '1',
        '-i',
        this.url,
        '-map',
        '0:v?',
        '-map',
        '0:a?',
        '-c',
        'copy',
        '-max_interleave_delta',
        '1',
        '-flush_packets',
        '1',
        '-f',
        'framecrc',
        'pipe:3',
        '-map',
        '0:v?',
        '-map',
        '0:a?',
        '-c:v',
        'rawvideo',
        '-c:a',
        'pcm_s16le',
        '-fps_mode',
        'passthrough',
        '-max_interleave_delta',
        '1',
        '-flush_packets',
        '1',
        '-f',
        'framecrc',
        'pipe:1',
        ...(this.onMedia ? COPY : []),
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...(this.onMedia ? ['pipe'] : [])],
        onMissing: (error) => this.onFailure(error),
      },
    );
    const child = this.#child;
    let log = '';
    child.stderr.on('data', (chunk) => {
      const fresh = String(chunk);
      log = (log + fresh).slice(-8000);
      this.#read(log, fresh);
    });
    readLines(child.stdio[3], (line) => this.#packet(line));
    if (this.onMedia) {
      const reader = new FlvReader();
      child.stdio[4].on('data', (chunk) => {
        if (!this.#ended) for (const tag of reader.feed(chunk)) this.onMedia(tag);
      });
    }
    const frames = new FrameLines((frame) => this.#frame(frame));
    readLines(child.stdout, (line) => frames.feed(line));
    child.on('exit', () =>
      this.#end(
        /Failed to resolve hostname/.test(log)
          ? 3001
          : /handshake/i.test(log) && this.stage !== 'open'
            ? 3003
            : STAGE_CODES[this.stage],
      ),
    );
    this.startedAt = Date.now();
    this.movedAt = this.startedAt;
    this.watchdog = setInterval(
      () => {
        if (Date.now() - this.movedAt > this.stallMs) this.break();
      },
      Math.max(20, this.stallMs / 10),
    );
  }

  #read(log, fresh) {
    if (this.stage === 'starting' && /Successfully connected to/.test(log)) this.#reach('connected', this.onConnected);
    if (/^Input #0, /m.test(log)) this.#opened();
    if (/^Output #1, framecrc/m.test(log)) this.#decoderStarted();
    if (/New (video|audio) stream /.test(fresh) && !this.#ended) this.onNewStream();
  }

  #reach(stage, tell) {
    if (this.#ended) return;
    this.stage = stage;
    tell();
  }

  #opened() {
    if (this.stage === 'open') return;
    if (this.stage === 'starting') this.#reach('connected', this.onConnected);
    this.#reach('open', this.onOpen);
  }

  #decoderStarted() {
    if (this.decoding || this.#ended) return;
    this.#opened();
    this.decoding = true;
    this.onDecoder();
  }

  #packet(line) {
    if (this.#ended) return;
    if (line.startsWith('#')) {
      const media = /^#media_type (\d+): (\w+)/.exec(line);
      if (media) this.kinds = { ...this.kinds, [media[1]]: media[2] };
      return;
    }
    const fields = line.split(',').map((field) => field.trim());
    const kind = this.kinds?.[fields[0]];
    if (!kind) return;
    this.movedAt = Date.now();
    // Log and media come through different pipes: media is proof enough that the stream is open.
    this.#opened();
    // framecrc prints the flags of a packet only when it is not a plain key frame.
    this.onPacket({ kind, bytes: Number(fields[4]), key: kind === 'video' && !line.includes('F=0x0') });
  }

  #frame(frame) {
    if (this.#ended) return;
    this.#decoderStarted();
    this.onFrame(frame);
  }

  /** The connection dies under the player's feet. */
  break() {
    endProcess(this.#child);
    this.#end(STAGE_CODES[this.stage]);
  }

  #end(code) {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.watchdog);
    this.onEnd(code);
  }

  stop() {
    this.#ended = true;
    clearInterval(this.watchdog);
    return endProcess(this.#child);
  }
}

/** The frame lines of ffmpeg's framecrc format: stream, dts, pts, duration, size, checksum. */
class FrameLines {
  #kinds = {};
  #sizes = {};
  #last = {};

  constructor(onFrame) {
    this.onFrame = onFrame;
  }

  feed(line) {
    const header = /^#(media_type|dimensions) (\d+): (.+)$/.exec(line);
    if (header) {
      (header[1] === 'media_type' ? this.#kinds : this.#sizes)[header[2]] = header[3];
      return;
    }
    const fields = line.split(',').map((field) => field.trim());
    const kind = this.#kinds[fields[0]];
    if (!kind || fields.length < 6) return;
    const changed = this.#last[fields[0]] !== fields[5];
    this.#last[fields[0]] = fields[5];
    const [width, height] = (this.#sizes[fields[0]] ?? '').split('x').map(Number);
    this.onFrame({ kind, width, height, changed, silent: kind === 'audio' && fields[5] === SILENCE });
  }
}

function readLines(stream, onLine) {
  let rest = '';
  stream.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) onLine(line);
  });
}
