/** The pictures of live-pusher and live-player on one screen: each plays the copy of what its tag really has. */

import { MediaLoader } from './media-loader.js';

/** As live as the browser's decoder lets it be. */
const LIVE = {
  enableStashBuffer: false,
  liveBufferLatencyChasing: true,
  liveBufferLatencyMaxLatency: 1.2,
  liveBufferLatencyMinRemain: 0.3,
  autoCleanupSourceBuffer: true,
  lazyLoad: false,
  customLoader: MediaLoader,
};
/** Without a new picture for so long, the picture stands still. */
const STILL_MS = 1200;
const LOOK_MS = 300;
const BEHIND_S = 0.1;

export class MediaViews {
  #views = new Map();
  #sound = false;

  constructor() {
    this.timer = setInterval(() => {
      for (const view of this.#views.values()) view.look();
    }, LOOK_MS);
  }

  /** @param {number} id of the node @param {HTMLElement} element @param {string} tag */
  attach(id, element, tag) {
    this.#viewOf(id).attach(element, tag);
  }

  /** @param {number} id @param {string} media name of the copy */
  play(id, media) {
    this.#viewOf(id).play(media);
  }

  forget(id) {
    this.#views.get(id)?.end();
    this.#views.delete(id);
  }

  /** Whether the players are heard. */
  set sound(on) {
    this.#sound = on;
    for (const view of this.#views.values()) view.hear(on);
  }

  end() {
    clearInterval(this.timer);
    for (const id of [...this.#views.keys()]) this.forget(id);
  }

  #viewOf(id) {
    let view = this.#views.get(id);
    if (!view) {
      view = new MediaView(() => this.#sound);
      this.#views.set(id, view);
    }
    return view;
  }
}

class MediaView {
  #player = null;
  #media = null;
  #pictureAt = 0;

  constructor(isHeard) {
    this.isHeard = isHeard;
  }

  attach(element, tag) {
    this.tag = tag;
    this.video = element.ownerDocument.createElement('video');
    Object.assign(this.video, { muted: true, playsInline: true, disablePictureInPicture: true });
    this.video.setAttribute('aria-label', tag);
    this.video.tabIndex = -1;
    element.prepend(this.video);
    element.ownParts = 1;
    this.hear(this.isHeard());
    const seen = () => {
      this.#pictureAt = performance.now();
      this.video.requestVideoFrameCallback(seen);
    };
    this.video.requestVideoFrameCallback(seen);
    if (this.#media !== null) this.#start();
  }

  play(media) {
    this.#media = media;
    if (this.video) this.#start();
  }

  hear(on) {
    // One hears the others, not oneself.
    if (this.video) this.video.muted = !(on && this.tag === 'live-player');
  }

  look() {
    if (!this.video) return;
    const isStill = performance.now() - this.#pictureAt > STILL_MS;
    this.video.classList.toggle('still', isStill);
    const { buffered, currentTime } = this.video;
    const end = buffered.length > 0 ? buffered.end(buffered.length - 1) : 0;
    // A browser waits for ever at a hole in the time of a stream; what comes behind it is there.
    if (isStill && end > currentTime + LIVE.liveBufferLatencyMinRemain) this.video.currentTime = end - BEHIND_S;
  }

  #start() {
    this.#stop();
    const { mpegts } = globalThis;
    mpegts.LoggingControl.enableAll = false;
    const url = `ws://${location.host}/media/${this.#media}`;
    this.#player = mpegts.createPlayer({ type: 'flv', isLive: true, url }, LIVE);
    // The copy has ended: its connection has, and the next one is told.
    this.#player.on(mpegts.Events.ERROR, () => {});
    this.#player.attachMediaElement(this.video);
    this.#player.load();
    // The next copy may come before this one plays.
    this.#player.play()?.catch(() => {});
  }

  #stop() {
    this.#player?.destroy();
    this.#player = null;
  }

  end() {
    this.#stop();
  }
}
