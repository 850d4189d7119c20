/** A call in a web page: join by the form or by a link, one tile for each stream, and the buttons of a call. */

import { Client, EVENTS } from './lib/index.js';
import { say, switchLanguage, translate } from './words.js';

const $ = (id) => document.getElementById(id);
const entry = $('entry');
const off = { audio: false, video: false };
const tiles = new Map();
let client;
let me;

translate();
$('language').onclick = switchLanguage;

// What follows # never leaves the browser. It is taken out of the address, so that nobody passes the token on by accident.
const linked = new URLSearchParams(location.hash.slice(1));
for (const [name, value] of linked) if (entry.elements[name]) entry.elements[name].value = value;
history.replaceState(null, '', location.pathname);

entry.onsubmit = async (event) => {
  event.preventDefault();
  const { gateway, appId, room, user, token } = Object.fromEntries(new FormData(entry));
  tell('joining');
  client = new Client();
  listen(client);
  try {
    await client.init(appId, { gateway });
    me = await client.join(token, room, user);
  } catch (error) {
    client.destroy();
    return tell(error.reason);
  }
  show(true);
  try {
    play(tileOf({ uid: me, screen: false }).video, await client.publish());
  } catch (error) {
    // Whoever has no camera may still look and listen.
    drop({ uid: me, screen: false });
    tell(error.fault ?? error.reason);
  }
};
if (entry.checkValidity()) entry.requestSubmit();

function listen(of) {
  of.on(EVENTS.STREAM_ADDED, async ({ uid, screen, streamPublishState }) => {
    const { video, caption } = tileOf({ uid, screen });
    for (const track of ['audio', 'video']) caption[track].hidden = streamPublishState[track];
    try {
      play(video, await of.subscribe(uid, { screen }));
    } catch (error) {
      tell(error.fault ?? error.reason);
    }
  });
  of.on(EVENTS.STREAM_REMOVED, drop);
  of.on(EVENTS.STREAM_FAILED, (stream) => {
    drop(stream);
    tell(stream.reason);
  });
  of.on(EVENTS.STREAM_CONTROL, (order) => order.action === 'stop' && drop(order));
  for (const track of ['audio', 'video']) {
    of.on(EVENTS[`MUTE_${track.toUpperCase()}`], (stream) => mark(stream, track, true));
    of.on(EVENTS[`UNMUTE_${track.toUpperCase()}`], (stream) => mark(stream, track, false));
  }
  of.on(EVENTS.CONNECTION_STATE_CHANGED, ({ current, reason }) => {
    tell(current === 'disconnected' ? reason : current === 'idle' ? 'left' : current);
    if (current === 'disconnected' || current === 'idle') show(false);
  });
}

for (const [button, track] of [
  ['microphone', 'audio'],
  ['camera', 'video'],
]) {
  $(button).onclick = async () => {
    off[track] = !off[track];
    $(button).setAttribute('aria-pressed', String(!off[track]));
    mark({ uid: me, screen: false }, track, off[track]);
    await client.muteLocal(off).catch((error) => tell(error.reason));
  };
}

$('screen').onclick = async () => {
  try {
    if (tiles.has(keyOf({ uid: me, screen: true }))) await client.unpublish({ screen: true });
    else {
      const stream = await client.publish({ screen: true });
      play(tileOf({ uid: me, screen: true }).video, stream);
      $('screen').setAttribute('aria-pressed', 'true');
    }
  } catch (error) {
    tell(error.fault ?? error.reason);
  }
};

$('leave').onclick = () => client.leave();

const keyOf = ({ uid, screen }) => `${screen ? 'screen' : 'camera'} ${uid}`;

/** The tile of a stream, made when it is first asked for. */
function tileOf(stream) {
  const key = keyOf(stream);
  if (!tiles.has(key)) {
    const figure = document.createElement('figure');
    figure.innerHTML =
      '<video autoplay playsinline></video><figcaption><span></span> <span class="off" data-word="audio" hidden></span> ' +
      '<span class="off" data-word="video" hidden></span></figcaption>';
    const [name, audio, picture] = figure.querySelectorAll('span');
    const video = figure.querySelector('video');
    // The own voice is not played back.
    video.muted = stream.uid === me;
    name.textContent = [stream.uid, stream.uid === me && `(${say('me')})`, stream.screen && say('ofScreen')]
      .filter(Boolean)
      .join(' ');
    video.ariaLabel = name.textContent;
    translate(figure);
    $('tiles').append(figure);
    tiles.set(key, { figure, video, caption: { audio, video: picture } });
  }
  return tiles.get(key);
}

/** Browsers let a page be heard only after a click, unless it has the microphone. */
function play(video, stream) {
  video.srcObject = stream;
  video.play().catch(({ name }) => name === 'NotAllowedError' && tell('click'));
}

$('tiles').onclick = () => {
  for (const { video } of tiles.values()) video.play().catch(() => {});
};

function drop(stream) {
  const key = keyOf(stream);
  tiles.get(key)?.figure.remove();
  tiles.delete(key);
  if (stream.uid === me && stream.screen) $('screen').setAttribute('aria-pressed', 'false');
}

function mark(stream, track, isOff) {
  const tile = tiles.get(keyOf(stream));
  if (tile) tile.caption[track].hidden = !isOff;
}

/** @param {boolean} isInCall */
function show(isInCall) {
  entry.hidden = isInCall;
  $('call').hidden = !isInCall;
  if (isInCall) return $('microphone').focus();
  $('tiles').replaceChildren();
  tiles.clear();
  Object.assign(off, { audio: false, video: false });
  for (const [button, state] of [
    ['microphone', 'true'],
    ['camera', 'true'],
    ['screen', 'false'],
  ])
    $(button).setAttribute('aria-pressed', state);
}

function tell(word) {
  $('status').textContent = say(word);
}
