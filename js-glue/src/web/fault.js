import { messageOf, RtcError } from '../error.js';
import { ERROR_CODES } from '../names.js';

/**
 * An error of the browser's media, with a word for its cause in `fault`; `index.d.ts` lists the words.
 * @param {string} fault
 * @param {string} reason what went wrong and what to do next
 * @param {number} [code] one of ERROR_CODES
 */
export function mediaError(fault, reason, code = ERROR_CODES.PUBLISH_ERROR) {
  return Object.assign(new RtcError(code, reason), { fault });
}

/**
 * Why camera, microphone or screen could not be had.
 * @param {any} thrown by `getUserMedia` or `getDisplayMedia`
 * @param {boolean} isScreen
 */
export function captureError(thrown, isScreen) {
  const what = isScreen ? 'the screen' : 'camera or microphone';
  const [fault, reason] = REASONS[thrown && thrown.name] || [];
  if (fault) return mediaError(fault, `publish: ${reason(what)} (${messageOf(thrown)})`);
  return new RtcError(ERROR_CODES.INVALID_PARAMS, `publish: the browser refused the constraints: ${messageOf(thrown)}`);
}

/** By the names of W3C "Media Capture and Streams" and "Screen Capture". */
const REASONS = {
  NotAllowedError: ['permission-denied', (what) => `the user or the browser refused ${what}: ask the user to allow it`],
  NotFoundError: ['no-device', (what) => `the computer lacks ${what}: connect it, or ask for what there is`],
  OverconstrainedError: ['no-device', (what) => `${what} cannot do what was asked for: ask for less`],
  NotReadableError: ['device-busy', (what) => `${what} could not be opened: close other programs that use it`],
  AbortError: ['device-busy', (what) => `${what} could not be opened: try again`],
  InvalidStateError: ['permission-denied', (what) => `${what} may be asked for only in an open page after a click`],
  SecurityError: ['insecure-page', (what) => `this page may not use ${what}: look at its Permissions-Policy`],
};
