/**
 * Measures a connection: every two seconds, as native tags do, and in the numbers of their `netstatus`.
 *
 * @param {RTCPeerConnection} peer
 * @param {(status: NetStatus) => void} tell
 * @returns {() => void} stops it
 */
export function measure(peer, tell) {
  let before;
  let isOver = false;
  const timer = setInterval(async () => {
    const now = readingOf(await peer.getStats());
    if (isOver) return;
    if (before) tell(netStatusOf(before, now));
    before = now;
  }, PERIOD);
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}

/**
 * @typedef {object} NetStatus all from one look at a connection to the next
 * @property {number} videoBitrate kbit/s
 * @property {number} audioBitrate kbit/s
 * @property {number} netSpeed kbit/s of both
 * @property {number} videoFPS pictures sent or decoded per second
 * @property {number} videoWidth pixels
 * @property {number} videoHeight pixels
 * @property {number} netJitter milliseconds
 * @property {number} netQualityLevel 0 unknown, 1 best to 6 unusable
 */

/**
 * What counts in a report, added up since the connection's beginning: W3C "webrtc-stats".
 * @param {RTCStatsReport} report
 */
export function readingOf(report) {
  const reading = {
    at: 0,
    audio: 0,
    video: 0,
    pictures: 0,
    width: 0,
    height: 0,
    jitter: 0,
    rtt: 0,
    packets: 0,
    lost: 0,
  };
  report.forEach((entry) => {
    const { type, kind } = entry;
    if (type === 'outbound-rtp' || type === 'inbound-rtp') {
      reading.at = entry.timestamp;
      reading[kind] += entry.bytesSent || entry.bytesReceived || 0;
      reading.packets += entry.packetsSent || entry.packetsReceived || 0;
      reading.pictures += entry.framesSent || entry.framesDecoded || 0;
      if (entry.frameWidth) Object.assign(reading, { width: entry.frameWidth, height: entry.frameHeight });
    }
    // Of what is sent, the other end tells what it lost.
    if (type === 'inbound-rtp' || type === 'remote-inbound-rtp') {
      reading.lost += Math.max(0, entry.packetsLost || 0);
      reading.jitter = Math.max(reading.jitter, 1000 * (entry.jitter || 0));
    }
    if (type === 'candidate-pair' && entry.nominated) reading.rtt = 1000 * (entry.currentRoundTripTime || 0);
  });
  return reading;
}

/** @returns {NetStatus} */
export function netStatusOf(before, now) {
  const seconds = (now.at - before.at) / 1000;
  const perSecond = (name) => (seconds > 0 ? Math.max(0, now[name] - before[name]) / seconds : 0);
  const [audioBitrate, videoBitrate] = ['audio', 'video'].map((kind) => Math.round((8 * perSecond(kind)) / 1000));
  return {
    audioBitrate,
    videoBitrate,
    netSpeed: audioBitrate + videoBitrate,
    videoFPS: Math.round(perSecond('pictures')),
    videoWidth: now.width,
    videoHeight: now.height,
    netJitter: Math.round(now.jitter),
    netQualityLevel: levelOf(perSecond('packets'), perSecond('lost'), now),
  };
}

/** The worst of loss, round trip and jitter. A stream that stands still, as one that is muted, has no quality. */
function levelOf(packets, lost, { rtt, jitter }) {
  if (!packets) return 0;
  const step = (value, limits) => 1 + limits.filter((limit) => value > limit).length;
  return Math.max(step(lost / (packets + lost), LOSS), step(rtt, ROUND_TRIP), step(jitter, JITTER));
}

/** Above each of these a stream is one level worse. Shares of the packets, and milliseconds. */
const LOSS = [0.01, 0.03, 0.08, 0.2, 0.5];
const ROUND_TRIP = [150, 300, 600, 1000, 2000];
const JITTER = [30, 60, 100, 300, 1000];
const PERIOD = 2000;
