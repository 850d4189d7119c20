/**
 * Runs in the page of a web user, before the page's own scripts: tells the stage how its Client does. The page and the
 * package that it uses are as everywhere.
 */

import { Client, EVENTS } from '/web-client.js';

const STATUS_MS = 2000;
/** Which window on the stage this page is in, if it is in one. */
const seat = new URLSearchParams(location.search).get('seat');
/** Streams that come in, as [user, screen]. @type {Map<string, [string, boolean]>} */
const streams = new Map();
let watched = null;
let me = null;
let told = 0;

const stage = new WebSocket(`ws://${location.host}/web-user`);
const open = new Promise((resolve) => {
  stage.onopen = resolve;
});
const tell = (message) => open.then(() => stage.readyState === WebSocket.OPEN && stage.send(JSON.stringify(message)));
stage.onmessage = ({ data }) => {
  const { type, entry } = JSON.parse(data);
  // A query that was not there makes it another page, which is loaded.
  if (type === 'enter') location.replace(`?${new URLSearchParams({ ...(seat && { seat }), at: Date.now() })}#${entry}`);
};

const { join } = Client.prototype;
Client.prototype.join = async function watchedJoin(...given) {
  watch(this);
  const user = await join.apply(this, given);
  me = user;
  tell({ type: 'joined', user, room: given[1], seat });
  return user;
};

function watch(client) {
  if (watched === client) return;
  watched = client;
  streams.clear();
  const keyOf = ({ uid, screen }) => `${screen ? 'screen' : 'camera'} ${uid}`;
  client.on(EVENTS.STREAM_ADDED, (stream) => streams.set(keyOf(stream), [stream.uid, stream.screen]));
  client.on(EVENTS.STREAM_REMOVED, (stream) => streams.delete(keyOf(stream)));
  client.on(EVENTS.CONNECTION_STATE_CHANGED, ({ current }) => tell({ type: 'state', isUp: current === 'connected' }));
}

async function look() {
  if (!watched || me === null) return;
  const client = watched;
  const counts = {};
  for (const [key, [uid, screen]] of streams) {
    const report = await client.statsOf(uid, { screen });
    for (const { type, kind, framesDecoded } of report?.values() ?? [])
      if (type === 'inbound-rtp' && kind === 'video') counts[key] = framesDecoded;
  }
  tell({ type: 'pictures', counts });
  if (Date.now() - told < STATUS_MS) return;
  told = Date.now();
  const all = [[me, false], [me, true], ...streams.values()];
  for (const [uid, screen] of all) {
    const info = client.netStatusOf(uid, { screen });
    if (info) tell({ type: 'netstatus', tag: uid === me ? 'live-pusher' : 'live-player', from: uid, screen, info });
  }
}

const worker = new Worker('/web-frames.js', { type: 'module' });
let isLooking = false;
worker.onmessage = async ({ data }) => {
  if (data.type !== 'tick') return void tell(data);
  if (isLooking) return;
  isLooking = true;
  await look().finally(() => {
    isLooking = false;
  });
};

// Where a browser cannot show coded pictures to a script, delays stay unknown.
if (globalThis.RTCRtpScriptTransform)
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    addTransceiver(what, how) {
      const transceiver = super.addTransceiver(what, how);
      if ((what.kind ?? what) === 'video') {
        const [end, side] = how?.direction === 'recvonly' ? ['receiver', 'received'] : ['sender', 'sent'];
        transceiver[end].transform = new RTCRtpScriptTransform(worker, { side });
      }
      return transceiver;
    }
  };
