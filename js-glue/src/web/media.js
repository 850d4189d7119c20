import { assertAble, capture } from './capture.js';
import { mediaError } from './fault.js';
import { createPlayer } from './player.js';
import { createPublisher } from './publisher.js';
import { RtcError } from '../error.js';
import { ERROR_CODES, EVENTS } from '../names.js';

/**
 * The media of one Client: what it sends and receives. It is to the core what the native tags of a mini-program are: it
 * takes addresses and orders, and reports codes.
 *
 * @param {object} client
 * @param {(method: string, args: object) => Promise<any>} client.ask calls the core
 * @param {(method: string, args: object) => void} client.report
 * @param {(level: string, message: string) => void} client.log
 * @param {() => boolean} client.isJoined
 */
export function createMedia({ ask, report, log, isJoined }) {
  /** The publishers by whether they show the screen, and the players by their user and that. */
  const publishers = new Map();
  const players = new Map();
  /** What was measured last, by user and screen. */
  const statuses = new Map();
  let me;
  /** How often everything was ended; what began before an end must not outlive it. */
  let ends = 0;

  async function publish({ stream, screen = false }) {
    assertAble('publish');
    // Refused by the core, so that nobody is asked for a camera in vain.
    if (!isJoined() || publishers.has(screen)) return ask('publish', { screen });
    const isOurs = !(stream instanceof MediaStream);
    const before = ends;
    const captured = isOurs ? await capture(screen, stream) : stream;
    const publisher = createPublisher({
      stream: captured,
      isOurs,
      isScreen: screen,
      report: (code, message) => tell('reportPusherStateChange', { code, message, screen, uid: me }),
      measured: (info) => measured('reportPusherNetStatusChange', { info, screen, uid: me }),
      onStopped: () => unpublish({ screen }).catch(() => {}),
    });
    try {
      const url = await ask('publish', { screen });
      if (ends !== before) throw new RtcError(ERROR_CODES.NOT_IN_ROOM, 'publish: the room was left meanwhile');
      if (!isWhip(url)) {
        await ask('unpublish', { screen });
        throw mediaError('no-web-media', `publish: ${NO_WEB_MEDIA}`);
      }
      publishers.set(screen, publisher);
      publisher.moveTo(url);
      return captured;
    } catch (error) {
      publisher.end();
      throw error;
    }
  }

  async function unpublish({ screen = false }) {
    await ask('unpublish', { screen });
    endPublisher(screen);
  }

  async function subscribe(uid, options) {
    assertAble('subscribe');
    const { screen = false } = options;
    const before = ends;
    const url = await ask('subscribe', { ...options, uid });
    if (ends !== before) throw new RtcError(ERROR_CODES.NOT_IN_ROOM, 'subscribe: the room was left meanwhile');
    if (!isWhep(url)) {
      await ask('unsubscribe', { uid, screen });
      throw mediaError('no-web-media', `subscribe: ${NO_WEB_MEDIA}`, ERROR_CODES.SUBSCRIBE_FAILED);
    }
    const key = keyOf(uid, screen);
    const player =
      players.get(key) ||
      createPlayer(
        (code, message) => tell('reportPlayerStateChange', { uid, screen, code, message }),
        (info) => measured('reportPlayerNetStatusChange', { info, screen, uid }),
      );
    players.set(key, player);
    player.moveTo(url);
    return player.stream;
  }

  async function unsubscribe(uid, { screen = false }) {
    await ask('unsubscribe', { uid, screen });
    endPlayer(keyOf(uid, screen));
  }

  /** What is muted is silent at once; what is not comes back when the room knows. */
  async function muteLocal({ audio, video, screen = false }) {
    const publisher = publishers.get(screen);
    const before = publisher && publisher.off();
    if (publisher) publisher.mute({ audio: audio || before.audio, video: video || before.video });
    try {
      await ask('muteLocal', { audio, video, screen });
    } catch (error) {
      if (publisher) publisher.mute(before);
      throw error;
    }
    if (publisher) publisher.mute({ audio, video });
  }

  /** The core takes the code; why it came is for whoever reads the console. */
  function tell(method, { uid, screen, code, message }) {
    if (message) log('warn', `${screen ? 'screen' : 'stream'} of ${uid}: ${message}`);
    report(method, { uid, screen, code });
  }

  /** The core makes the stream's health of it, and tells the room. */
  function measured(method, { info, screen, uid }) {
    statuses.set(keyOf(uid, screen), info);
    report(method, { info, screen, uid });
  }

  /** The room has ended the stream, and the media server ends its connections. */
  function endPublisher(screen) {
    const publisher = publishers.get(screen);
    publishers.delete(screen);
    statuses.delete(keyOf(me, screen));
    if (publisher) publisher.end({ isGone: true });
  }

  function endPlayer(key) {
    const player = players.get(key);
    players.delete(key);
    statuses.delete(key);
    if (player) player.end({ isGone: true });
  }

  /** @param {import('./connection.js').Ending} [how] */
  function endAll(how) {
    ends += 1;
    for (const held of [publishers, players]) {
      held.forEach((one) => one.end(how));
      held.clear();
    }
    statuses.clear();
  }

  function find({ uid, screen }) {
    return uid === me ? publishers.get(screen) : players.get(keyOf(uid, screen));
  }

  function end({ uid, screen }) {
    if (uid === me) endPublisher(screen);
    else endPlayer(keyOf(uid, screen));
  }

  function obey(order) {
    const held = find(order);
    if (!held) return;
    if (order.action === 'stop') end(order);
    else if (order.action !== 'start') held.again(order.delay);
  }

  return {
    publish,
    unpublish,
    subscribe,
    unsubscribe,
    muteLocal,
    endAll,
    find,

    /** @returns {import('./net-status.js').NetStatus | undefined} */
    statusOf: (uid, screen) => statuses.get(keyOf(uid, screen)),

    /** The Client is in a room as this user. */
    joinAs(user) {
      me = user;
    },

    /** @returns {boolean} whether the event was an order that was carried out here */
    hear(event, payload) {
      if (event === EVENTS.STREAM_CONTROL) obey(payload);
      else if (event === EVENTS.UPDATE_URL) {
        const held = find(payload);
        if (held) held.moveTo(payload.url);
      } else if (event === EVENTS.STREAM_REMOVED || event === EVENTS.STREAM_FAILED) end(payload);
      else if (event === EVENTS.CONNECTION_STATE_CHANGED && payload.current === 'disconnected')
        endAll({ isGone: true });
      return event === EVENTS.STREAM_CONTROL;
    },
  };
}

const keyOf = (uid, screen) => `${screen ? 'screen' : 'camera'} ${uid}`;

/** Without WHIP, the core gives the page an RTMP address; without WHEP, HTTP-FLV or RTMP. */
const isWhip = (url) => /^https?:[^?]*\/whip\b/.test(url);
const isWhep = (url) => /^https?:[^?]*\/whep\b/.test(url);
const NO_WEB_MEDIA = 'the gateway offers no media to browsers; its operator must switch web media on';
