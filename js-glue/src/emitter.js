import { RtcError } from './error.js';
import { ERROR_CODES } from './names.js';

/** An event emitter in which one listener's failure never reaches another listener or the caller. */
export class Emitter {
  constructor() {
    const own = { lists: new Map() };
    Object.defineProperty(this, OWN, { value: () => own, configurable: true });
  }

  on(event, listener, context) {
    return add(this, { event, listener, context, once: false });
  }

  once(event, listener, context) {
    return add(this, { event, listener, context, once: true });
  }

  /** Without a listener, removes all listeners of the event. */
  off(event, listener) {
    return keep(this, event, (entry) => listener && entry.listener !== listener);
  }

  addListener(event, listener, context) {
    return this.on(event, listener, context);
  }

  removeListener(event, listener) {
    return this.off(event, listener);
  }

  removeAllListeners(event) {
    if (event === undefined) ownOf(this).lists.clear();
    return this.off(event);
  }

  /** @returns {boolean} whether the event had listeners */
  emit(event, ...values) {
    return emitWhile(this, () => true, event, values);
  }

  listeners(event) {
    return entries(this, event).map((entry) => entry.listener);
  }

  listenerCount(event) {
    return entries(this, event).length;
  }

  eventNames() {
    return Array.from(ownOf(this).lists.keys());
  }
}

/**
 * @param {Emitter} emitter
 * @param {() => boolean} isWanted asked before each listener: one may do what makes the event stale for the next
 * @param {string} event
 * @param {unknown[]} values
 * @returns {boolean} whether the event had listeners
 */
export function emitWhile(emitter, isWanted, event, values) {
  const called = entries(emitter, event);
  for (const entry of called) {
    if (!isWanted()) break;
    if (entry.once) keep(emitter, event, (other) => other !== entry);
    attempt(() => entry.listener.apply(entry.context || emitter, values));
  }
  return called.length > 0;
}

/**
 * Runs code of the application and reports what it throws, instead of passing it on.
 * @param {() => void} run
 */
export function attempt(run) {
  try {
    run();
  } catch (thrown) {
    console.error('[miniapp-rtc] a listener or callback threw:', thrown);
  }
}

function add(emitter, entry) {
  if (typeof entry.listener !== 'function') throw new TypeError('the listener must be a function');
  // Lists are replaced, never changed, so that an emit under way keeps the list that it began with.
  ownOf(emitter).lists.set(entry.event, entries(emitter, entry.event).concat(entry));
  return emitter;
}

function keep(emitter, event, wanted) {
  const kept = entries(emitter, event).filter(wanted);
  if (kept.length) ownOf(emitter).lists.set(event, kept);
  else ownOf(emitter).lists.delete(event);
  return emitter;
}

function entries(emitter, event) {
  return ownOf(emitter).lists.get(event) || [];
}

/**
 * What an emitter keeps to itself: its listeners by event, and what a subclass puts there. It is found through a
 * property that copying and serialising do not meet, and through a function, which a Proxy around the emitter (Vue's
 * reactive state) hands out as it is. So members work when `this` is such a Proxy.
 *
 * @param {any} emitter
 * @returns {any}
 * @throws {RtcError} for what is no emitter
 */
export function ownOf(emitter) {
  const own = emitter === undefined || emitter === null ? undefined : emitter[OWN];
  if (typeof own === 'function') return own();
  throw new RtcError(
    ERROR_CODES.INVALID_PARAMS,
    'this is no Client: call the method on what new Client() gave, as in client.join(…), not on a copy of it or by the ' +
      'bare method',
  );
}

const OWN = '_own';
