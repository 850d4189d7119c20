/** A call in a web page: join by the form or by a link, one tile for each stream, and the buttons of a call. */

import { Client, EVENTS } from './lib/index.js';
import { say, switchLanguage, translate } from './words.js';

const TRACKS = ['audio', 'video'];
const $ = (id) => document.getElementById(id);
const entry = $('entry');
let client;
let me;

translate();
$('language').onclick = switchLanguage;

// What follows # never leaves the browser. It is taken out of the address, so that nobody passes the token on by
// accident.
for (const [name, value] of new URLSearchParams(location.hash.slice(1)))
  if (entry.elements[name]) entry.elements[name].value = value;
history.replaceState(null, '', location.pathname);

entry.onsubmit = async (event) => {
  event.preventDefault();
  const { gateway, appId, room, user, token } = Object.fromEntries(new FormData(entry));
  tell('joining');
  client = listening(new Client());
  try {
    await client.init(appId, { gateway });
    me = await client.join(token, room, user);
  } catch (error) {
    client.destroy();
    return tell(error.reason);
  }
  show(true);
  const own = { uid: me, screen: false };
  tileOf(own);
  // Whoever has no camera may still look and listen.
  play(own, client.publish());
};
if (entry.checkValidity()) entry.requestSubmit();

function listening(of) {
  of.on(EVENTS.STREAM_ADDED, (stream) => {
    tileOf(stream);
    for (const track of TRACKS) mark(stream, track, !stream.streamPublishState[track]);
    play(stream, of.subscribe(stream.uid, { screen: stream.screen }));
  });
  of.on(EVENTS.STREAM_REMOVED, drop);
  of.on(EVENTS.STREAM_FAILED, (stream) => {
    drop(stream);
    tell(stream.reason);
  });
  of.on(EVENTS.STREAM_CONTROL, (order) => order.action === 'stop' && drop(order));
  for (const track of TRACKS) {
    of.on(EVENTS[`MUTE_${track.toUpperCase()}`], (stream) => mark(stream, track, true));
    of.on(EVENTS[`UNMUTE_${track.toUpperCase()}`], (stream) => mark(stream, track, false));
  }
  return of.on(EVENTS.CONNECTION_STATE_CHANGED, ({ current, reason }) => {
    tell(current === 'disconnected' ? reason : current === 'idle' ? 'left' : current);
    if (current === 'disconnected' || current === 'idle') show(false);
  });
}

/** The button of a track is pressed while the track is on. */
const isOn = (track) => document.querySelector(`button[data-track=${track}]`).ariaPressed === 'true';
for (const button of document.querySelectorAll('button[data-track]'))
  button.onclick = () => {
    button.ariaPressed = String(button.ariaPressed !== 'true');
    const [audio, video] = TRACKS.map((track) => !isOn(track));
    for (const track of TRACKS) mark({ uid: me, screen: false }, track, !isOn(track));
    client.muteLocal({ audio, video }).catch((error) => tell(error.reason));
  };
$('screen').onclick = () => {
  const own = { uid: me, screen: true };
  if (!$(idOf(own))) play(own, client.publish({ screen: true }));
  else client.unpublish({ screen: true }).catch((error) => tell(error.reason));
};
$('leave').onclick = () => client.leave();
$('tiles').onclick = () => document.querySelectorAll('video').forEach(start);

/** Shows a stream in its tile, or says why it cannot be had. */
async function play(stream, media) {
  try {
    const source = await media;
    const video = tileOf(stream).querySelector('video');
    video.srcObject = source;
    start(video);
  } catch (error) {
    drop(stream);
    tell(error.fault ?? error.reason);
  }
}

/** Browsers let a page be heard only after a click, unless it has the microphone. */
const start = (video) => video.play().catch(({ name }) => name === 'NotAllowedError' && tell('click'));

const idOf = ({ uid, screen }) => `${screen ? 'screen' : 'camera'} ${uid}`;

/** The tile of a stream, made when it is first asked for. */
function tileOf({ uid, screen }) {
  const known = $(idOf({ uid, screen }));
  if (known) return known;
  const tile = $('tile').content.firstElementChild.cloneNode(true);
  const video = tile.querySelector('video');
  tile.id = idOf({ uid, screen });
  // The own voice is not played back.
  video.muted = uid === me;
  video.ariaLabel = [uid, uid === me && `(${say('me')})`, screen && say('ofScreen')].filter(Boolean).join(' ');
  tile.querySelector('.name').textContent = video.ariaLabel;
  translate(tile);
  $('tiles').append(tile);
  if (uid === me && screen) $('screen').ariaPressed = 'true';
  return tile;
}

function drop(stream) {
  $(idOf(stream))?.remove();
  if (stream.uid === me && stream.screen) $('screen').ariaPressed = 'false';
}

function mark(stream, track, isOff) {
  const tile = $(idOf(stream));
  if (!tile) return;
  tile.querySelector(`[data-word=${track}]`).hidden = !isOff;
  if (track === 'video') darken(tile, isOff);
}

/** A picture that is off would stand still: it is dark instead, until the next one comes. */
function darken(tile, isOff) {
  if (isOff) tile.classList.add('dark');
  const isOn = () => tile.querySelector('[data-word=video]').hidden;
  tile.querySelector('video').requestVideoFrameCallback(() => isOn() && tile.classList.remove('dark'));
}

/** @param {boolean} isInCall */
function show(isInCall) {
  entry.hidden = isInCall;
  $('call').hidden = !isInCall;
  if (isInCall) return $('microphone').focus();
  $('tiles').replaceChildren();
  for (const button of document.querySelectorAll('[aria-pressed]')) button.ariaPressed = String(button !== $('screen'));
}

function tell(word) {
  $('status').textContent = say(word);
}
