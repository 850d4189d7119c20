import { Client as RoomClient } from '../client.js';
import { emitWhile, ownOf } from '../emitter.js';
import { RtcError } from '../error.js';
import { createInstance } from '../instance.js';
import { createLog } from '../log.js';
import { createMedia } from './media.js';
import { ERROR_CODES, EVENTS } from '../names.js';

/**
 * A user's presence in one room, from a browser: the Client of mini-programs, which holds its media itself instead of
 * giving addresses to native tags. `index.d.ts` of this package says what each method takes, gives and refuses.
 */
export class Client extends RoomClient {
  constructor() {
    super();
    const own = ownOf(this);
    own.media = createMedia({
      ask: (method, args) => own.instance.request(method, args, own.instance.outcome()),
      report: (method, args) => own.instance.report(method, args),
      log: createLog(() => own.logLevel),
      isJoined: () => own.instance.state() === 'connected' || own.instance.state() === 'reconnecting',
    });
    own.instance = createInstance((event, payload, isWanted) => {
      const isDone = own.media.hear(event, payload);
      if (event === EVENTS.CONNECTION_STATE_CHANGED) watchPage(/** @type {any} */ (payload).current, own.onPageHide);
      return emitWhile(this, isWanted, event, [payload]) || isDone;
    });
    // The browser drops everything soon after; only what says `keepalive` still leaves.
    own.onPageHide = () => {
      own.media.endAll({ keepalive: true });
      if (own.instance.state() !== 'idle') super.leave().catch(() => {});
    };
  }

  init(appId, options, onSuccess, onFailure) {
    if (typeof options === 'function') return Client.prototype.init.call(this, appId, {}, options, onSuccess);
    if (options && typeof options !== 'object') return super.init(appId, options, onSuccess, onFailure);
    const given = { ...Client.defaults, ...options };
    const own = ownOf(this);
    const { instance } = own;
    own.logLevel = given.logLevel;
    const foreign = OF_MINI_PROGRAMS.find((name) => name in given);
    if (foreign) {
      const reason = `init: the option ${foreign} is for mini-programs only; leave it out`;
      return settle(instance, Promise.reject(new RtcError(ERROR_CODES.INVALID_PARAMS, reason)), onSuccess, onFailure);
    }
    return super.init(appId, { ...given, transport: 'web' }, onSuccess, onFailure);
  }

  destroy(onSuccess, onFailure) {
    const { media, onPageHide } = ownOf(this);
    watchPage('idle', onPageHide);
    media.endAll({ isGone: true });
    return super.destroy(onSuccess, onFailure);
  }

  join(token, roomId, userId, onSuccess, onFailure) {
    // A join that is refused changes nothing, so the user's name is taken when it succeeds.
    const joined = (user) => {
      ownOf(this).media.joinAs(user);
      if (typeof onSuccess === 'function') onSuccess(user);
    };
    return super.join(token, roomId, userId, joined, onFailure);
  }

  leave(onSuccess, onFailure) {
    // The gateway ends the connections of a user who leaves.
    ownOf(this).media.endAll({ isGone: true });
    return super.leave(onSuccess, onFailure);
  }

  publish(options, onSuccess, onFailure) {
    return mediaCall(this, 'publish', [], options, onSuccess, onFailure);
  }

  unpublish(options, onSuccess, onFailure) {
    return mediaCall(this, 'unpublish', [], options, onSuccess, onFailure);
  }

  subscribe(uid, options, onSuccess, onFailure) {
    return mediaCall(this, 'subscribe', [uid], options, onSuccess, onFailure);
  }

  unsubscribe(uid, options, onSuccess, onFailure) {
    return mediaCall(this, 'unsubscribe', [uid], options, onSuccess, onFailure);
  }

  muteLocal(options, onSuccess, onFailure) {
    return mediaCall(this, 'muteLocal', [], options, onSuccess, onFailure);
  }

  /** What was measured of a stream last, as `netstatus` of a native tag tells it. */
  netStatusOf(uid, { screen = false } = {}) {
    return ownOf(this).media.statusOf(uid, screen);
  }

  /** @returns {Promise<RTCStatsReport | undefined>} of a stream's connection; undefined while there is none */
  async statsOf(uid, { screen = false } = {}) {
    const held = ownOf(this).media.find({ uid, screen });
    const peer = held && held.peer();
    return peer && peer.getStats();
  }
}

/** Hears of the page's end while the Client is in a room. */
function watchPage(state, onPageHide) {
  if (state === 'idle' || state === 'disconnected') globalThis.removeEventListener('pagehide', onPageHide);
  else globalThis.addEventListener('pagehide', onPageHide);
}

/** A call of a method of `media.js`, whose options may be left out. */
function mediaCall(client, method, args, options, onSuccess, onFailure) {
  if (typeof options === 'function') return mediaCall(client, method, args, {}, options, onSuccess);
  const { instance, media } = ownOf(client);
  const fault = faultIn(method, options);
  const work = fault
    ? Promise.reject(new RtcError(ERROR_CODES.INVALID_PARAMS, fault))
    : media[method](...args, options || {});
  return settle(instance, work, onSuccess, onFailure);
}

function settle(instance, work, onSuccess, onFailure) {
  const outcome = instance.outcome(onSuccess, onFailure);
  work.then(outcome.resolve, outcome.reject);
  return outcome.promise;
}

/** What is wrong with options, as far as the core cannot know. */
function faultIn(method, options) {
  if (options === undefined || options === null) return undefined;
  if (typeof options !== 'object') return `${method}: the options must be an object`;
  const known = method === 'publish' ? ['stream', 'screen'] : ['audio', 'video', 'screen'];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown) return `${method}: no option is called ${unknown}; there are ${known.join(', ')}`;
  if (options.screen !== undefined && typeof options.screen !== 'boolean')
    return `${method}: screen must be true or false`;
  if (options.stream !== undefined && (typeof options.stream !== 'object' || !options.stream))
    return `${method}: stream must be a MediaStream, or constraints of getUserMedia or getDisplayMedia`;
  return undefined;
}

/** Options of a mini-program's `init`. In a browser media goes by WebRTC, and a tab works in the background too. */
const OF_MINI_PROGRAMS = ['transport', 'background', 'outlivesPage', 'fallback'];
