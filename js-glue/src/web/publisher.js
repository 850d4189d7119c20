import { offerH264 } from './capture.js';
import { PUBLISHER } from './codes.js';
import { createLink } from './link.js';
import { measure } from './net-status.js';

/**
 * A stream that this page sends: its tracks, and the link that carries them.
 *
 * @param {object} given
 * @param {MediaStream} given.stream
 * @param {boolean} given.isOurs whether the SDK captured it, and stops it at the end
 * @param {boolean} given.isScreen
 * @param {(code: number, message?: string) => void} given.report
 * @param {(status: import('./net-status.js').NetStatus) => void} given.measured hears of it every two seconds
 * @param {() => void} given.onStopped the user or the system ended the capture of the screen
 */
export function createPublisher({ stream, isOurs, isScreen, report, measured, onStopped }) {
  const tracks = stream.getTracks();
  const hints = isScreen ? { video: 'detail', audio: 'music' } : { video: 'motion', audio: 'speech' };
  let off = { audio: false, video: false };
  const link = createLink({ codes: PUBLISHER, overlaps: false, prepare, use }, report);
  let stop = () => {};

  function prepare(peer) {
    for (const track of tracks) {
      const transceiver = peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
      if (track.kind === 'video') offerH264(transceiver, RTCRtpSender);
    }
  }

  function use(peer) {
    keepSize(peer);
    stop();
    stop = measure(peer, measured);
  }

  function onEnded({ target }) {
    if (isScreen) return target.kind === 'video' && onStopped();
    return report(target.kind === 'video' ? PUBLISHER.cameraLost : PUBLISHER.microphoneLost, 'the device is gone');
  }

  for (const track of tracks) {
    // What the application hinted stands.
    if (!track.contentHint) track.contentHint = hints[track.kind];
    track.addEventListener('ended', onEnded);
  }

  return {
    stream,
    moveTo: link.moveTo,
    again: link.again,
    peer: link.peer,

    /** Which tracks are off. */
    off: () => off,

    /** @param {{ audio: boolean, video: boolean }} now */
    mute(now) {
      off = now;
      for (const track of tracks) track.enabled = !off[track.kind];
    },

    /** @param {import('./connection.js').Ending} [how] */
    end(how) {
      stop();
      link.end(how);
      for (const track of tracks) {
        track.removeEventListener('ended', onEnded);
        if (isOurs) track.stop();
      }
    },
  };
}

/** A picture that changes its size restarts players on phones; a narrow network shall cost frames instead. */
function keepSize(peer) {
  for (const sender of peer.getSenders()) {
    if (!sender.track || sender.track.kind !== 'video') continue;
    const parameters = sender.getParameters();
    sender.setParameters(Object.assign(parameters, { degradationPreference: 'maintain-resolution' })).catch(() => {});
  }
}
