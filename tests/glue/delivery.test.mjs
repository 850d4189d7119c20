/** The line in which outcomes and events leave a Client, with both kinds of Promise that phones have. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import vm from 'node:vm';
import { createDelivery } from '../../js-glue/src/delivery.js';
import { createOutcome } from '../../js-glue/src/outcome.js';

const KINDS = { micro: globalThis.Promise, macro: macrotaskPromise() };

for (const [kind, Kind] of Object.entries(KINDS)) {
  const runTest = (name, run) =>
    test(`${name} (${kind}tasks)`, async (t) => {
      t.after(() => {
        globalThis.Promise = KINDS.micro;
      });
      globalThis.Promise = Kind;
      await run(t);
    });

  runTest('every order of up to six events and outcomes is heard as it was made, in each way of hearing', async () => {
    for (let length = 1; length <= 6; length += 1) {
      for (let bits = 0; bits < 1 << length; bits += 1) {
        const send = createDelivery();
        const wanted = [];
        const heard = { promise: [], callback: [], await: [] };
        const due = [];
        for (let place = 0; place < length; place += 1) {
          wanted.push(place);
          if (bits & (1 << place)) due.push(outcomeOf(send, place, heard, place % 2 ? 'resolve' : 'reject'));
          else due.push(() => send(() => Object.values(heard).forEach((list) => list.push(place))));
        }
        for (const make of due) make();
        assert.deepEqual(heard, { promise: [], callback: [], await: [] }, 'nobody hears before the maker is through');
        for (let waited = 0; heard.await.length < length && waited < 200; waited += 1) await pause(1);
        for (const [way, list] of Object.entries(heard)) assert.deepEqual(list, wanted, `${way}, ${bits.toString(2)}`);
      }
    }
  });

  runTest('what is made while others are told comes after what was in the line', async () => {
    const send = createDelivery();
    const heard = [];
    const note = (what) => () => heard.push(what);
    send(() => {
      heard.push('first');
      const late = createOutcome(send, note('late callback'));
      late.promise.then(note('late promise'));
      late.resolve();
      send(note('late event'));
    });
    const outcome = createOutcome(send, note('callback'));
    outcome.promise.then(note('promise'));
    outcome.resolve();
    send(note('event'));
    await pause(50);
    assert.deepEqual(heard, ['first', 'callback', 'promise', 'event', 'late callback', 'late promise', 'late event']);
  });

  runTest('what throws holds up nobody', async (t) => {
    const errors = t.mock.method(console, 'error', () => {});
    const send = createDelivery();
    const heard = [];
    const fail = () => {
      throw new Error('of the application');
    };
    send(fail);
    const outcome = createOutcome(send, fail);
    outcome.promise.then((value) => heard.push(value));
    outcome.resolve('value');
    send(() => heard.push('event'));
    await pause(50);
    assert.deepEqual(heard, ['value', 'event']);
    assert.equal(errors.mock.callCount(), 2);
  });
}

/** Makes an outcome that is noted in each way of hearing it, and gives what settles it. */
function outcomeOf(send, place, heard, how) {
  const outcome = createOutcome(
    send,
    () => heard.callback.push(place),
    () => heard.callback.push(place),
  );
  const note = () => heard.promise.push(place);
  outcome.promise.then(note, note);
  const wait = async () => {
    try {
      await outcome.promise;
    } catch {
      // Rejected, as every second is.
    }
    heard.await.push(place);
  };
  void wait();
  return () => outcome[how]();
}

/** WeChat's on iOS 15 and below: every reaction is a task of its own. */
function macrotaskPromise() {
  const file = new URL('../../simulator/app-service/macrotask-promise.js', import.meta.url);
  const define = vm.runInThisContext(readFileSync(file, 'utf8'));
  return define(
    (run) => setTimeout(run, 0),
    (reason) => {
      throw reason;
    },
  );
}
