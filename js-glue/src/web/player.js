import { offerH264 } from './capture.js';
import { PLAYER } from './codes.js';
import { createLink } from './link.js';
import { keepLipsInTime } from './lip-sync.js';
import { measure } from './net-status.js';

/**
 * A stream that this page receives: one MediaStream for its whole life, whatever connections feed it.
 * @param {(code: number, message?: string) => void} report
 * @param {(status: import('./net-status.js').NetStatus) => void} measured hears of it every two seconds
 */
export function createPlayer(report, measured) {
  const stream = new MediaStream();
  let stops = [];
  const stop = () => stops.forEach((end) => end());
  const link = createLink({ codes: PLAYER, overlaps: true, prepare, use }, report);

  function prepare(peer) {
    for (const kind of ['audio', 'video']) {
      const transceiver = peer.addTransceiver(kind, { direction: 'recvonly' });
      if (kind === 'video') offerH264(transceiver, RTCRtpReceiver);
    }
    // What plays the stream knows its tracks before they come.
    if (!stream.getTracks().length) take(peer);
  }

  function use(peer) {
    take(peer);
    stop();
    stops = [keepLipsInTime(peer), measure(peer, measured)];
  }

  function take(peer) {
    const tracks = peer.getReceivers().map(({ track }) => track);
    for (const old of stream.getTracks()) if (!tracks.includes(old)) stream.removeTrack(old);
    for (const track of tracks) stream.addTrack(track);
  }

  return {
    stream,
    moveTo: link.moveTo,
    again: link.again,
    peer: link.peer,

    /** @param {import('./connection.js').Ending} [how] */
    end(how) {
      stop();
      link.end(how);
    },
  };
}
