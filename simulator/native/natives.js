/** The native tags of one phone: one pusher a page, any number of players, and the contexts that command them. */

import { createHash } from 'node:crypto';
import { withoutSecrets } from '../redact.js';
import { asynchronous, ApiFailure } from '../wx/api.js';
import { LivePlayer } from './live-player.js';
import { LivePusher } from './live-pusher.js';

const FRAMES_EVENT_MS = 1000;

export class Natives {
  #pushers = new Map();
  #players = new Map();
  #counters = new Map();
  #endings = new Set();
  #framesTimer = null;
  #interrupted = false;
  #source = null;

  /**
   * @param {object} parts
   * @param {import('../app-service/app-service.js').AppService} parts.service
   * @param {import('../options.js').PhoneOptions} parts.options
   * @param {import('../phone.js').Phone} parts.phone
   * @param {(event: object) => void} parts.emit
   */
  constructor({ service, options, phone, emit }) {
    Object.assign(this, { service, options, phone, emit });
    /** What the network takes of a pusher, in kbit/s; null: everything. @type {number | null} */
    this.uplinkKbps = null;
  }

  /**
   * Called when a native tag enters the page.
   * @param {() => Record<string, any>} properties the attributes that the view shows
   * @returns {{ detach(): void, changed(name: string): void }}
   */
  attach(tag, element, properties = () => element.data) {
    const page = pageOf(element);
    const taken = tag === 'live-pusher' && [...this.#pushers.keys()].some((other) => pageOf(other) === page);
    if (taken) {
      this.service.fault(
        'native',
        'a page can hold one <live-pusher> only: this one does nothing',
        element.ownerShadowRoot.getHostNode().is,
      );
      return { detach() {}, changed() {} };
    }
    const shared = {
      options: this.options,
      properties,
      fire: (event, detail) => this.#fire(tag, element, event, detail),
      isOnline: () => this.phone.wx.device.network.isConnected,
      onFailure: (error) => this.service.fault('host', error, `<${tag}>`),
      ...(this.options.onMedia && { onMedia: (media) => this.options.onMedia(element, media) }),
    };
    const native =
      tag === 'live-pusher'
        ? new LivePusher({
            ...shared,
            permissions: () => this.phone.wx.device.permissions,
            source: () => this.#source,
            uplinkKbps: () => this.uplinkKbps,
          })
        : new LivePlayer({ ...shared, counters: (url) => this.#countersOf(url) });
    const register = tag === 'live-pusher' ? this.#pushers : this.#players;
    register.set(element, native);
    this.#framesTimer ??= setInterval(() => this.#tellFrames(), FRAMES_EVENT_MS);
    native.background = !this.phone.visible;
    native.interrupted = this.#interrupted;
    native.attached();
    return {
      changed: (name) => native.changed(name),
      detach: () => {
        register.delete(element);
        this.#remember(native.detach());
      },
    };
  }

  #remember(ending) {
    this.#endings.add(ending);
    ending.finally(() => this.#endings.delete(ending));
  }

  #fire(tag, element, event, detail) {
    if (event === 'statechange')
      this.emit({ kind: 'native', tag, id: element.id, code: detail.code, message: detail.message });
    else if (event === 'netstatus') this.emit({ kind: 'netstatus', tag, ...this.#named(element), info: detail.info });
    else this.emit({ kind: 'native', tag, id: element.id, code: detail.errCode, message: detail.errMsg, event });
    this.service.later(`${event} of <${tag}>`, () => {
      if (this.phone.framework.easel.Element.isAttached(element)) this.phone.framework.trigger(element, event, detail);
    });
  }

  /** An element, and the stream that it plays. */
  #named(element) {
    const player = this.#players.get(element);
    return { id: element.id, ...(player && { stream: streamHash(player.src) }) };
  }

  #countersOf(url) {
    const hash = streamHash(url);
    if (!this.#counters.has(hash)) {
      this.#counters.set(hash, {
        url: withoutSecrets(url),
        videoFrames: 0,
        audioFrames: 0,
        changedPictures: 0,
        silentAudioFrames: 0,
        firstFrameMs: null,
        connects: 0,
        playing: false,
      });
    }
    return this.#counters.get(hash);
  }

  #tellFrames() {
    for (const [hash, count] of this.#counters) {
      const video = count.videoFrames - (count.toldVideo ?? 0);
      const audio = count.audioFrames - (count.toldAudio ?? 0);
      Object.defineProperties(count, {
        toldVideo: { value: count.videoFrames, writable: true, configurable: true },
        toldAudio: { value: count.audioFrames, writable: true, configurable: true },
      });
      if (video > 0 || audio > 0)
        this.emit({
          kind: 'frames',
          tag: 'live-player',
          stream: hash,
          url: count.url,
          video,
          audio,
          totalVideo: count.videoFrames,
        });
    }
  }

  /** `wx.createLivePusherContext()`: commands the one pusher of the page it was made on. */
  pusherContext() {
    const page = this.phone.pages.current?.component;
    const pusher = () => {
      for (const [element, native] of this.#pushers) if (pageOf(element) === page) return native;
      throw new ApiFailure('no live-pusher on this page');
    };
    return {
      ...this.#commands('LivePusherContext', pusher, {
        start: (native) => native.start(),
        stop: (native) => this.#remember(native.stop()),
        pause: (native) => native.pause(),
        resume: (native) => native.resume(),
        switchCamera: (native) => native.switchCamera(),
      }),
    };
  }

  /** `wx.createLivePlayerContext(id, component)`: without the component only players of the page itself are found. */
  playerContext(id, component) {
    const scope = component?._$ ?? this.phone.pages.current?.component;
    const player = () => {
      for (const [element, native] of this.#players) {
        if (element.id === id && element.ownerShadowRoot?.getHostNode() === scope) return native;
      }
      throw new ApiFailure(`no live-player with id '${id}' in this ${component ? 'component' : 'page'}`);
    };
    return {
      ...this.#commands('LivePlayerContext', player, {
        play: (native) => native.play(),
        stop: (native) => this.#remember(native.end()),
        pause: (native) => native.pause(),
        resume: (native) => native.resume(),
        mute: (native) => native.toggleMute(),
      }),
    };
  }

  #commands(kind, target, commands) {
    const face = {};
    for (const [name, command] of Object.entries(commands)) {
      face[name] = asynchronous(
        this.service,
        `${kind}.${name}`,
        () => {
          command(target());
        },
        { promises: false },
      );
    }
    return face;
  }

  /** Every tag that the view holds, pushers first. */
  all() {
    return [...this.#pushers.values(), ...this.#players.values()];
  }

  /** @param {import('./capture.js').Source | null} source */
  setSource(source) {
    this.#source = source;
    for (const pusher of this.#pushers.values()) pusher.sourceChanged();
  }

  appHidden() {
    for (const pusher of this.#pushers.values()) pusher.background = true;
  }

  suspend() {
    for (const native of this.all()) native.suspend();
  }

  appShown() {
    for (const native of this.all()) native.appShown();
  }

  /** Another page lies on top: players that pause then, pause; pushing goes on. */
  pageCovered(page) {
    for (const [element, player] of this.#players)
      if (pageOf(element) === page && element.data.autoPauseIfNavigate) player.cover();
  }

  pageUncovered(page) {
    for (const [element, player] of this.#players) if (pageOf(element) === page) player.uncover();
  }

  breakConnections() {
    for (const native of this.all()) native.breakConnection();
  }

  audioInterruption(begins) {
    this.#interrupted = begins;
    for (const pusher of this.#pushers.values()) pusher.interrupted = begins;
  }

  /** A tag of the page on top says a code: its pusher, its first player, or the player of a user's stream. */
  inject(target, code, message) {
    const page = this.phone.pages.current?.component;
    const isMeant =
      typeof target === 'string'
        ? () => true
        : ({ dataset, id }) => dataset.uid === target.uid && id.endsWith(`-${target.screen ? 1 : 0}`);
    for (const [element, native] of target === 'pusher' ? this.#pushers : this.#players) {
      if (pageOf(element) === page && isMeant(element)) return native.inject(code, message);
    }
    throw new Error(
      `no ${typeof target === 'string' ? `live-${target}` : `live-player of ${JSON.stringify(target)}`} on this page`,
    );
  }

  /**
   * Counters: the pusher of the page on top, and every stream that was played, by the hash of its url without query.
   */
  stats() {
    const [pusher] = [...this.#pushers]
      .filter(([element]) => pageOf(element) === this.phone.pages?.current?.component)
      .map(([, native]) => native);
    const players = {};
    for (const [hash, count] of this.#counters) players[hash] = { ...count };
    return { pusher: pusher ? pusher.stats() : null, players };
  }

  async close() {
    clearInterval(this.#framesTimer);
    await Promise.all([...this.all().map((native) => native.stop()), ...this.#endings]);
  }
}

/** Names a stream in stats and events: the url without its query, hashed. */
export function streamHash(url) {
  return createHash('sha256').update(withoutSecrets(url)).digest('hex').slice(0, 12);
}

/** The page component that an element belongs to, through all components around it. */
function pageOf(element) {
  let node = element;
  while (node.ownerShadowRoot) node = node.ownerShadowRoot.getHostNode();
  return node;
}
