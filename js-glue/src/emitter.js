/** An event emitter in which one listener's failure never reaches another listener or the caller. */
export class Emitter {
  constructor() {
    lists.set(this, new Map());
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
    if (event === undefined) lists.get(this).clear();
    return this.off(event);
  }

  /** @returns {boolean} whether the event had listeners */
  emit(event, ...values) {
    const called = entries(this, event);
    for (const entry of called) {
      if (entry.once) keep(this, event, (other) => other !== entry);
      attempt(() => entry.listener.apply(entry.context || this, values));
    }
    return called.length > 0;
  }

  listeners(event) {
    return entries(this, event).map((entry) => entry.listener);
  }

  listenerCount(event) {
    return entries(this, event).length;
  }

  eventNames() {
    return Array.from(lists.get(this).keys());
  }
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
  lists.get(emitter).set(entry.event, entries(emitter, entry.event).concat(entry));
  return emitter;
}

function keep(emitter, event, wanted) {
  const kept = entries(emitter, event).filter(wanted);
  if (kept.length) lists.get(emitter).set(event, kept);
  else lists.get(emitter).delete(event);
  return emitter;
}

function entries(emitter, event) {
  return lists.get(emitter).get(event) || [];
}

/**
 * The listeners of each emitter by event. They are kept beside the emitters, so that copying or serialising a client that
 * was put into page data does not meet them.
 */
const lists = new WeakMap();
