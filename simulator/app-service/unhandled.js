/**
 * Unhandled rejections by phone: each is reported to the realm whose Promise it is, and to nobody else.
 *
 * A listener on the process would not do: Node's test runner listens too and would fail the test before it can look at
 * the phone's faults, so rejections of a phone's realm are taken out of the stream before any listener sees them.
 */

/** How long the rejections of a closed phone are still swallowed instead of ending the process. */
const AFTERGLOW_MS = 5000;

/** @type {Map<import('./realm.js').Realm, (reason: unknown) => void>} */
const reporters = new Map();
let installed = false;

/**
 * @param {import('./realm.js').Realm} realm
 * @param {(reason: unknown) => void} report
 * @returns {() => void} stops watching; the realm's late rejections are dropped for a while
 */
export function watchRejections(realm, report) {
  install();
  reporters.set(realm, report);
  return () => {
    reporters.set(realm, () => {});
    setTimeout(() => reporters.delete(realm), AFTERGLOW_MS).unref();
  };
}

function install() {
  if (installed) return;
  installed = true;
  const emit = process.emit;
  process.emit = function emitExceptOurs(name, reason, promise, ...rest) {
    if (name === 'unhandledRejection') {
      for (const [realm, report] of reporters) {
        if (realm.ownsPromise(promise)) {
          report(reason);
          return true;
        }
      }
    }
    return emit.call(this, name, reason, promise, ...rest);
  };
}
