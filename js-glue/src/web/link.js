import { openConnection } from './connection.js';

/**
 * A stream's link to the media server: it keeps connected to the address that it was given last, and says how that
 * goes, in the codes of a native tag.
 *
 * @param {object} how
 * @param {{ accepted: number, connected: number, interrupted: number, failed: number }} how.codes
 * @param {boolean} how.overlaps whether an old connection serves until the new one is there
 * @param {(peer: RTCPeerConnection) => void} how.prepare
 * @param {(peer: RTCPeerConnection) => void} how.use a connection is there
 * @param {(code: number, message?: string) => void} report
 */
export function createLink({ codes, overlaps, prepare, use }, report) {
  let url = '';
  /** @type {import('./connection.js').Connection | undefined} */
  let live;
  /** @type {import('./connection.js').Connection | undefined} */
  let coming;
  let timer;
  let tries = 0;

  /** Whether another connection is under way, or waits for its next attempt. */
  const isMoving = () => Boolean(coming || timer);

  function open() {
    timer = undefined;
    const connection = openConnection(url, prepare, (state, reason, isPassing) => {
      if (connection !== live && connection !== coming) return;
      const isOld = connection === live && isMoving();
      if (state === 'connected') take(connection);
      else if (state === 'failed') lose(connection);
      // Of an old one nothing better is to be expected, and the stream depends on its successor.
      if (isOld) return;
      if (state === 'failed' && isPassing && tries < PAUSES.length) {
        timer = setTimeout(open, PAUSES[tries++]);
        report(codes.interrupted, reason);
      } else {
        report(codes[state], reason);
      }
    });
    coming = connection;
  }

  function take(connection) {
    tries = 0;
    if (connection !== coming) return;
    if (live) live.close();
    [live, coming] = [coming, undefined];
    use(connection.peer);
  }

  function lose(connection) {
    if (connection === live) live = undefined;
    else coming = undefined;
  }

  /** @param {import('./connection.js').Ending} [how] */
  function cancel(how) {
    clearTimeout(timer);
    timer = undefined;
    if (coming) coming.close(how);
    coming = undefined;
  }

  /** @param {import('./connection.js').Ending} [how] */
  function end(how) {
    cancel(how);
    if (live) live.close(how);
    live = undefined;
  }

  return {
    /** Connects to another address. */
    moveTo(next) {
      url = next;
      tries = 0;
      if (overlaps) cancel();
      else end();
      open();
    },

    /** Connects to the same address, after so many milliseconds. */
    again(delay) {
      end();
      timer = setTimeout(open, delay);
    },

    end,

    /** @returns {RTCPeerConnection | undefined} the connection in use */
    peer: () => live && live.peer,
  };
}

/** As long as a native tag waits between its own attempts, and as often. */
const PAUSES = [500, 1500, 3000];
