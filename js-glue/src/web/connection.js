import { messageOf } from '../error.js';

/**
 * A peer connection to the media server, by one POST of WHIP (RFC 9725) or WHEP.
 *
 * @param {string} url the address of a lease, with its ticket
 * @param {(peer: RTCPeerConnection) => void} prepare adds what is sent or received
 * @param {(state: State, reason?: string, isPassing?: boolean) => void} tell hears of each state once, in a task or
 *   reaction of its own; of a failure also why, and whether the same address may do later
 * @returns {Connection}
 */
export function openConnection(url, prepare, tell) {
  const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  let resource;
  let isOver = false;
  let patience = setTimeout(() => fail('no connection came about', true), CONNECT_DEADLINE);

  function end({ keepalive = false, isGone = false }) {
    isOver = true;
    clearTimeout(patience);
    if (!resource || isGone) return peer.close();
    // Nothing more is sent. The peer itself would end the connection, too, and the server then know it no more.
    for (const sender of peer.getSenders()) sender.replaceTrack(null).catch(() => {});
    release(resource, keepalive).then(() => peer.close());
  }

  function fail(reason, isPassing = false, isGone = false) {
    if (isOver) return;
    end({ isGone });
    tell('failed', reason, isPassing);
  }

  async function negotiate() {
    prepare(peer);
    const offer = await peer.createOffer();
    const answer = await post(url, offer.sdp);
    if ('reason' in answer) return fail(answer.reason, PASSING.includes(answer.status));
    resource = answer.resource;
    // Whoever ended the connection could not name it to the server yet.
    if (isOver) return void release(resource, false);
    tell('accepted');
    // The relays come with the answer, so candidates are gathered only now (RFC 9725, section 4.6).
    if (answer.iceServers.length) peer.setConfiguration({ ...peer.getConfiguration(), iceServers: answer.iceServers });
    await peer.setLocalDescription(offer);
    await peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    const [{ transport }] = peer.getTransceivers().map(({ sender }) => sender);
    if (transport)
      transport.onstatechange = () => {
        if (transport.state === 'closed') fail('the media server ended the connection', false, true);
      };
  }

  peer.onconnectionstatechange = () => {
    if (isOver) return;
    switch (peer.connectionState) {
      case 'connected':
        clearTimeout(patience);
        return tell('connected');
      case 'disconnected':
        patience = setTimeout(fail, SILENCE_LIMIT, 'the connection broke');
        return tell('interrupted');
      case 'failed':
        return fail('the connection broke, or the media port cannot be reached');
      default:
    }
  };
  negotiate().catch((thrown) => fail(messageOf(thrown), !resource));
  return { peer, close: (how = {}) => isOver || end(how) };
}

/**
 * @returns {Promise<{ status: number, reason: string } |
 *   { sdp: string, resource: string, iceServers: RTCIceServer[] }>}
 */
async function post(url, sdp) {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: sdp });
  const text = await response.text();
  if (response.status !== 201)
    return { status: response.status, reason: `the media server said ${response.status}: ${saidIn(text)}` };
  const resource = new URL(response.headers.get('location') || '', url).href;
  return { sdp: text, resource, iceServers: relaysIn(response.headers.get('link') || '') };
}

/** What a refusal says; it holds no ticket. */
function saidIn(text) {
  try {
    return JSON.parse(text).error.message;
  } catch (_) {
    return 'no reason';
  }
}

/**
 * Gives the connection back, so that the server need not wait for its silence; one that is gone is given back already.
 */
function release(resource, keepalive) {
  return fetch(resource, { method: 'DELETE', keepalive }).catch(() => {});
}

/**
 * The servers of a `Link` header: RFC 9725, section 4.6.
 * @param {string} header
 * @returns {RTCIceServer[]}
 */
export function relaysIn(header) {
  const relays = [];
  for (const [, urls, parameters] of header.matchAll(LINK)) {
    const values = {};
    for (const [, name, quoted, bare] of parameters.matchAll(PARAMETER)) values[name.toLowerCase()] = quoted ?? bare;
    const { rel, username, credential } = /** @type {any} */ (values);
    if (rel === 'ice-server') relays.push({ urls, username, credential });
  }
  return relays;
}

/** A link of RFC 8288, and its parameters. */
const LINK = /<([^>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"[^"]*"|[^\s",;]+))*)/g;
const PARAMETER = /;\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s",;]+))/g;

/**
 * Statuses after which the same address may do: nobody publishes yet, the server is full. `docs/protocol.md`, 11.13.
 */
const PASSING = [404, 503];
/** ICE and DTLS take a tenth of a second; TCP through a bad network takes seconds. */
const CONNECT_DEADLINE = 10000;
/** Beside the 5 s for which the browser waits already. It would go on waiting for half a minute. */
const SILENCE_LIMIT = 2000;

/**
 * @typedef {'accepted' | 'connected' | 'interrupted' | 'failed'} State
 * @typedef {{ peer: RTCPeerConnection, close(how?: Ending): void }} Connection
 *
 * @typedef {object} Ending
 * @property {boolean} [keepalive] the page goes, and the farewell must outlive it
 * @property {boolean} [isGone] the server has ended the connection, or does so by itself
 */
