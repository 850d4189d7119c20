import { LOG_LEVELS } from './log.js';

/**
 * What is wrong with the options that a method was given.
 * @param {string} method
 * @param {any} options undefined or null where none were given
 * @returns {string | undefined} says what is allowed
 */
export function faultIn(method, options) {
  if (options === undefined || options === null) return undefined;
  if (typeof options !== 'object' || Array.isArray(options)) return `${method}: the options must be an object`;
  const known = method === 'init' ? INIT : TRACKS;
  for (const name of Object.keys(options)) {
    const value = options[name];
    const expected = known[name];
    if (expected) {
      if (value !== undefined && value !== null && !expected.fits(value))
        return `${method}: ${name} must be ${expected.what}`;
    } else if (method === 'init' || Object.keys(known).some((other) => isSlipOf(other, name))) {
      return `${method}: no option is called ${name}; there are ${Object.keys(known).join(', ')}`;
    }
  }
  return undefined;
}

/**
 * Whether a name was meant: pages written for other SDKs may give options that mean nothing here, but not misspelt
 * ones.
 */
function isSlipOf(name, written) {
  const letters = (text) => text.toLowerCase().split('').sort().join('');
  return (
    letters(name) === letters(written) ||
    leaveOneOut(written).indexOf(name) >= 0 ||
    leaveOneOut(name).indexOf(written) >= 0
  );
}

function leaveOneOut(text) {
  return text.split('').map((_, i) => text.slice(0, i) + text.slice(i + 1));
}

const ofType = (type, what) => ({ what, fits: (value) => typeof value === type });
const isText = (value) => typeof value === 'string';
const TEXT = ofType('string', 'a string');
const TRUTH = ofType('boolean', 'true or false');

/** `InitOptions` of the typings. Which words there are for transport and background the core knows. */
const INIT = {
  gateway: {
    what: 'a string or an array of strings',
    fits: (value) => isText(value) || (Array.isArray(value) && value.every(isText)),
  },
  configUrl: TEXT,
  wasmPath: TEXT,
  fallback: ofType('function', 'a function, as in () => require(…)'),
  transport: TEXT,
  background: TEXT,
  outlivesPage: TRUTH,
  logLevel: { what: `one of ${LOG_LEVELS.join(', ')}`, fits: (value) => LOG_LEVELS.indexOf(value) >= 0 },
};

/** Options of subscribing and muting. Their values are the core's to judge. */
const ANY = { what: '', fits: () => true };
const TRACKS = { audio: ANY, video: ANY, screen: ANY };
