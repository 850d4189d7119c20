/** Meters behind netstatus: bit rates, frame rates and distances between key frames, measured on what really passed. */

/** What one side measured since the last status. */
class Meter {
  constructor() {
    this.gop = 0;
    this.lastKeyAt = null;
    this.reset();
  }

  reset() {
    Object.assign(this, { since: Date.now(), videoBytes: 0, audioBytes: 0, videoFrames: 0 });
  }

  count(kind, bytes, key) {
    if (kind === 'audio') {
      this.audioBytes += bytes;
      return;
    }
    this.videoBytes += bytes;
    this.videoFrames += 1;
    if (!key) return;
    const now = Date.now();
    if (this.lastKeyAt !== null) this.gop = Math.max(1, Math.round((now - this.lastKeyAt) / 1000));
    this.lastKeyAt = now;
  }

  /** @returns {object} the common fields of `detail.info`; kbps and frames per second */
  take({ width, height, numbersAsStrings }, extra) {
    const seconds = Math.max(0.001, (Date.now() - this.since) / 1000);
    const kbps = (bytes) => Math.round((bytes * 8) / 1000 / seconds);
    const info = {
      videoBitrate: kbps(this.videoBytes),
      audioBitrate: kbps(this.audioBytes),
      videoFPS: Math.round(this.videoFrames / seconds),
      videoGOP: this.gop,
      netSpeed: kbps(this.videoBytes + this.audioBytes),
      netJitter: 0,
      videoWidth: width,
      videoHeight: height,
      ...extra,
    };
    this.reset();
    if (numbersAsStrings) for (const name of Object.keys(info)) info[name] = String(info[name]);
    return info;
  }
}

export class PusherMeter extends Meter {
  /** @param {import('./flv.js').FlvTag} tag */
  sent(tag) {
    this.count(tag.kind, tag.body.length, tag.key);
  }

  /** Quality from the time that queued bytes need: 1 best, 6 unusable. */
  status(queuedBytes, native) {
    const perSecond = (this.videoBytes + this.audioBytes) / Math.max(0.001, (Date.now() - this.since) / 1000);
    const backlogSeconds = perSecond > 0 ? queuedBytes / perSecond : queuedBytes > 0 ? 10 : 0;
    const level = [0.1, 0.3, 0.7, 1.5, 3].filter((limit) => backlogSeconds > limit).length + 1;
    return this.take(native, {
      netQualityLevel: level,
      videoCache: Math.round(backlogSeconds * native.fps),
      audioCache: Math.round(backlogSeconds * 47),
    });
  }
}

export class PlayerMeter extends Meter {
  received(kind, bytes, key) {
    this.count(kind, bytes, key);
  }

  status(size, native, cache) {
    return this.take({ ...native, ...size }, { videoCache: cache, audioCache: 0 });
  }
}
