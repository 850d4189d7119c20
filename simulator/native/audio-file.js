/** A sound file that is played: an ffmpeg process decodes it at the speed of sound, into nothing. */

import { endProcess, startProcess } from './processes.js';

export class AudioFile {
  #child = null;

  /**
   * @param {object} parts
   * @param {string} parts.ffmpeg path of the program
   * @param {string} parts.source file or address
   * @param {number} parts.from seconds to leave out
   * @param {number} parts.rate how fast, 1 is natural
   * @param {(seconds: number) => void} parts.onStarted with the length of the whole file, 0 when it is not known
   * @param {() => void} parts.onEnded
   * @param {(error: Error) => void} parts.onFailure the file cannot be read or decoded
   */
  constructor(parts) {
    Object.assign(this, parts);
  }

  start() {
    const parameters = [
      '-hide_banner',
      '-nostdin',
      '-nostats',
      '-readrate',
      String(this.rate),
      '-ss',
      String(this.from),
      '-i',
      this.source,
      '-vn',
      '-f',
      'null',
      '-',
    ];
    const child = startProcess(this.ffmpeg, parameters, {
      stdio: ['ignore', 'ignore', 'pipe'],
      onMissing: (error) => this.onFailure(error),
    });
    this.#child = child;
    let log = '';
    let started = false;
    child.stderr.on('data', (chunk) => {
      log = (log + chunk).slice(-4000);
      if (started || this.#child !== child || !log.includes('Output #0')) return;
      started = true;
      const [, hours, minutes, seconds] = /Duration: (\d+):(\d+):([\d.]+)/.exec(log) ?? [];
      this.onStarted(seconds === undefined ? 0 : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
    });
    child.on('exit', (code) => {
      if (this.#child !== child) return;
      this.#child = null;
      if (code === 0) this.onEnded();
      else this.onFailure(new Error(log.trim().split('\n').slice(-1)[0] ?? `ffmpeg ended with ${code}`));
    });
  }

  stop() {
    const child = this.#child;
    this.#child = null;
    return endProcess(child);
  }
}
