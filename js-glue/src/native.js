/**
 * What a report method was given: separate values, or an event of a native tag, as it is or as a component re-emitted
 * it one or two levels deep (`{ detail: event }`, `{ detail: { uid, screen, e: event } }`).
 *
 * @param {any} given
 * @returns {{ uid?: any, screen?: any, code?: any, message?: any, info?: any }}
 */
export function readNativeEvent(given) {
  const found = {};
  for (let level = given; level && typeof level === 'object'; level = level.detail || level.e) {
    for (const [name, field] of FIELDS) if (level[name] !== undefined) found[field] = level[name];
  }
  return found;
}

/** `true` for a screen stream, in each way that a page or a component says it: `true`, `1`, `'1'`. */
export function isScreen(screen) {
  return screen === true || screen === 1 || screen === '1';
}

/**
 * Names in an event, and what they are read as. The tags' `error` has names of its own; where an event has both, `code`
 * counts.
 */
const FIELDS = [
  ['errCode', 'code'],
  ['errMsg', 'message'],
  ['uid', 'uid'],
  ['screen', 'screen'],
  ['code', 'code'],
  ['message', 'message'],
  ['info', 'info'],
];
