/**
 * What a browser says about the network and the tab, as names that the core understands. A tab in the background goes
 * on sending and receiving, so the core never hears that it was hidden; when the tab is back, the core looks after its
 * socket at once, because a computer may have slept meanwhile.
 *
 * @param {(signal: string) => void} notify
 * @returns {() => void} stops them
 */
export function watchLifecycle(notify) {
  /** @type {[EventTarget, string, () => void][]} */
  const listeners = [
    [globalThis, 'online', () => notify('network-online')],
    [globalThis, 'offline', () => notify('network-offline')],
    [document, 'visibilitychange', () => void (document.hidden || notify('app-show'))],
  ];
  for (const [target, name, listener] of listeners) target.addEventListener(name, listener);
  return () => {
    for (const [target, name, listener] of listeners) target.removeEventListener(name, listener);
  };
}
