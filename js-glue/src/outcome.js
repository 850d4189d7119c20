import { attempt } from './emitter.js';

/**
 * The outcome of a call: a promise, and callbacks that hear the same. With an `onFailure`, nobody has to watch the promise.
 * Both hear of it one Promise reaction after `resolve` or `reject`, as listeners do of an event: so all of them come in the
 * order in which the core made them.
 *
 * @param {unknown} [onSuccess]
 * @param {unknown} [onFailure]
 * @returns {{ promise: Promise<any>, resolve(value?: any): void, reject(error: Error): void }}
 */
export function createOutcome(onSuccess, onFailure) {
  /** @type {any} */
  const outcome = {};
  outcome.promise = new Promise((resolve, reject) => {
    outcome.resolve = (value) => {
      tell(onSuccess, value);
      resolve(value);
    };
    outcome.reject = (error) => {
      tell(onFailure, error);
      reject(error);
    };
  });
  if (typeof onFailure === 'function') outcome.promise.catch(() => {});
  return outcome;
}

function tell(callback, value) {
  if (typeof callback === 'function') Promise.resolve().then(() => attempt(() => callback(value)));
}
