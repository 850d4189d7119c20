// The Promise of WeChat on iOS 15 and below: a polyfill over setTimeout, so that every reaction is a macrotask.
// Its value is a function of the timer and of what is told about a rejection that nobody handles.
(function defineMacrotaskPromise(later, reportUnhandled) {
  'use strict';

  const PENDING = 0;
  const FULFILLED = 1;
  const REJECTED = 2;

  class Promise {
    constructor(executor) {
      if (typeof executor !== 'function') throw new TypeError('Promise resolver is not a function');
      Object.defineProperty(this, '_record', {
        value: { state: PENDING, value: undefined, reactions: [], handled: false },
      });
      const { resolve, reject } = settlers(this);
      try {
        executor(resolve, reject);
      } catch (error) {
        reject(error);
      }
    }

    then(onFulfilled, onRejected) {
      const Kind = this.constructor?.[Symbol.species] || Promise;
      let settle;
      const derived = new Kind((resolve, reject) => {
        settle = { resolve, reject };
      });
      const reaction = { onFulfilled, onRejected, resolve: settle.resolve, reject: settle.reject };
      const record = this._record;
      record.handled = true;
      if (record.state === PENDING) record.reactions.push(reaction);
      else later(() => react(record, reaction));
      return derived;
    }

    catch(onRejected) {
      return this.then(undefined, onRejected);
    }

    finally(callback) {
      if (typeof callback !== 'function') return this.then(callback, callback);
      return this.then(
        (value) => Promise.resolve(callback()).then(() => value),
        (reason) =>
          Promise.resolve(callback()).then(() => {
            throw reason;
          }),
      );
    }

    get [Symbol.toStringTag]() {
      return 'Promise';
    }

    static get [Symbol.species]() {
      return this;
    }

    static resolve(value) {
      return value instanceof Promise ? value : new Promise((resolve) => resolve(value));
    }

    static reject(reason) {
      return new Promise((_resolve, reject) => reject(reason));
    }

    static race(promises) {
      return new Promise((resolve, reject) => {
        for (const promise of promises) Promise.resolve(promise).then(resolve, reject);
      });
    }

    static all(promises) {
      return collect(promises, (value) => value, null, 'fulfilled');
    }

    static allSettled(promises) {
      return collect(
        promises,
        (value) => ({ status: 'fulfilled', value }),
        (reason) => ({ status: 'rejected', reason }),
        'fulfilled',
      );
    }

    static any(promises) {
      return collect(promises, null, (reason) => reason, 'rejected');
    }
  }

  function settlers(promise) {
    let called = false;
    const once = (settle) => (value) => {
      if (called) return;
      called = true;
      settle(promise, value);
    };
    return { resolve: once(resolvePromise), reject: once((target, reason) => finish(target, REJECTED, reason)) };
  }

  function resolvePromise(promise, value) {
    if (value === promise) return finish(promise, REJECTED, new TypeError('Chaining cycle detected for promise'));
    if (value === null || (typeof value !== 'object' && typeof value !== 'function'))
      return finish(promise, FULFILLED, value);
    let then;
    try {
      then = value.then;
    } catch (error) {
      return finish(promise, REJECTED, error);
    }
    if (typeof then !== 'function') return finish(promise, FULFILLED, value);
    later(() => {
      const { resolve, reject } = settlers(promise);
      try {
        then.call(value, resolve, reject);
      } catch (error) {
        reject(error);
      }
    });
  }

  function finish(promise, state, value) {
    const record = promise._record;
    record.state = state;
    record.value = value;
    const reactions = record.reactions;
    record.reactions = [];
    for (const reaction of reactions) later(() => react(record, reaction));
    if (state === REJECTED && !record.handled) {
      later(() =>
        later(() => {
          if (!record.handled) reportUnhandled(value);
        }),
      );
    }
  }

  function react(record, reaction) {
    const fulfilled = record.state === FULFILLED;
    const handler = fulfilled ? reaction.onFulfilled : reaction.onRejected;
    if (typeof handler !== 'function') return (fulfilled ? reaction.resolve : reaction.reject)(record.value);
    let result;
    try {
      result = handler(record.value);
    } catch (error) {
      return reaction.reject(error);
    }
    reaction.resolve(result);
  }

  /**
   * `all`, `allSettled` and `any`: wait for every promise, keep the order, end early on the outcome that is not kept.
   */
  function collect(promises, keepValue, keepReason, kept) {
    return new Promise((resolve, reject) => {
      const results = [];
      let waiting = 1;
      const done = () => {
        waiting -= 1;
        if (waiting !== 0) return;
        if (kept === 'fulfilled') resolve(results);
        else reject(new AggregateError(results, 'All promises were rejected'));
      };
      let index = 0;
      for (const promise of promises) {
        const place = index;
        index += 1;
        waiting += 1;
        const keep = (map) => (value) => {
          results[place] = map(value);
          done();
        };
        Promise.resolve(promise).then(keepValue ? keep(keepValue) : resolve, keepReason ? keep(keepReason) : reject);
      }
      done();
    });
  }

  return Promise;
});
