/**
 * Lips in time with voices: pictures wait for the sound. Sound waits in the browser's buffer against a jittery network,
 * and longer than pictures do; and media servers need not say how far both belong together.
 *
 * @param {RTCPeerConnection} peer
 * @returns {() => void} stops it
 */
export function keepLipsInTime(peer) {
  let before = { delay: 0, count: 0 };
  const timer = setInterval(async () => {
    const picture = peer.getReceivers().find(({ track }) => track.kind === 'video');
    const sound = soundIn(await peer.getStats());
    if (!picture || !sound || sound.count === before.count) return;
    const held = (1000 * (sound.delay - before.delay)) / (sound.count - before.count);
    before = sound;
    /** @type {any} */ (picture).jitterBufferTarget = Math.min(held + CODING, LONGEST);
  }, PERIOD);
  return () => clearInterval(timer);
}

/** Seconds that samples of the sound waited, altogether, and how many samples did: W3C "webrtc-stats". */
function soundIn(stats) {
  for (const { type, kind, jitterBufferDelay, jitterBufferEmittedCount } of stats.values())
    if (type === 'inbound-rtp' && kind === 'audio')
      return { delay: jitterBufferDelay, count: jitterBufferEmittedCount };
  return undefined;
}

/** A packet of Opus is 20 ms long, 6.5 ms ahead, and passed the media server in frames of AAC, 21 ms long. */
const CODING = 40;
const LONGEST = 500;
const PERIOD = 1000;
