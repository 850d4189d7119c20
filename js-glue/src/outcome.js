/**
 * The outcome of a call: a promise, and callbacks that hear the same. With an `onFailure`, nobody has to watch the
 * promise.
 *
 * @param {(deliver: () => void, settles: boolean) => void} send of `delivery.js`
 * @param {unknown} [onSuccess]
 * @param {unknown} [onFailure]
 * @returns {{ promise: Promise<any>, resolve(value?: any): void, reject(error: Error): void }}
 */
export function createOutcome(send, onSuccess, onFailure) {
  /** @type {any} */
  const outcome = {};
  outcome.promise = new Promise((resolve, reject) => {
    const settling = (settle, callback) => (value) =>
      send(() => {
        settle(value);
        if (typeof callback === 'function') callback(value);
      }, true);
    outcome.resolve = settling(resolve, onSuccess);
    outcome.reject = settling(reject, onFailure);
  });
  if (typeof onFailure === 'function') outcome.promise.catch(() => {});
  return outcome;
}
