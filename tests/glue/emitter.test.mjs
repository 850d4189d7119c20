import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emitter } from '../../js-glue/src/emitter.js';

const quietly = (t) => t.mock.method(console, 'error', () => {});

test('listeners are called in order with every value and the context', () => {
  const emitter = new Emitter();
  const calls = [];
  const context = { name: 'page' };
  emitter.on('a', (...values) => calls.push(['first', values]));
  emitter.addListener(
    'a',
    function () {
      calls.push(['second', this.name]);
    },
    context,
  );
  assert.equal(emitter.emit('a', 1, 2), true);
  assert.equal(emitter.emit('b'), false);
  assert.deepEqual(calls, [
    ['first', [1, 2]],
    ['second', 'page'],
  ]);
});

test('once is called once, also when its listener emits the event again', () => {
  const emitter = new Emitter();
  let calls = 0;
  emitter.once('a', () => {
    calls += 1;
    emitter.emit('a');
  });
  emitter.emit('a');
  assert.equal(calls, 1);
  assert.equal(emitter.listenerCount('a'), 0);
});

test('a listener that throws is reported and disturbs no other', (t) => {
  const report = quietly(t);
  const emitter = new Emitter();
  let reached = false;
  emitter.on('error', () => {
    throw new Error('of the page');
  });
  emitter.on('error', () => {
    reached = true;
  });
  assert.equal(emitter.emit('error'), true);
  assert.equal(reached, true);
  assert.match(String(report.mock.calls[0].arguments[1]), /of the page/);
});

test('off removes one listener, or all of an event', () => {
  const emitter = new Emitter();
  const one = () => {};
  emitter
    .on('a', one)
    .on('a', () => {})
    .on('b', one);
  assert.equal(emitter.off('a', one), emitter);
  assert.equal(emitter.listenerCount('a'), 1);
  emitter.removeListener('a');
  assert.deepEqual(emitter.eventNames(), ['b']);
  assert.deepEqual(emitter.listeners('b'), [one]);
});

test('removeAllListeners works before any listener exists, for one event, and for all', () => {
  const emitter = new Emitter();
  assert.equal(emitter.removeAllListeners(), emitter);
  emitter
    .on('a', () => {})
    .on('b', () => {})
    .on('c', () => {});
  emitter.removeAllListeners('a');
  assert.deepEqual(emitter.eventNames(), ['b', 'c']);
  emitter.removeAllListeners();
  assert.deepEqual(emitter.eventNames(), []);
});

test('listeners added or removed while an event is emitted count from the next one', () => {
  const emitter = new Emitter();
  const calls = [];
  const late = () => calls.push('late');
  const second = () => calls.push('second');
  emitter.on('a', () => {
    emitter.off('a', second).on('a', late);
  });
  emitter.on('a', second);
  emitter.emit('a');
  assert.deepEqual(calls, ['second']);
  emitter.emit('a');
  assert.deepEqual(calls, ['second', 'late']);
});

test('what is not a function is refused at once', () => {
  assert.throws(() => new Emitter().on('a', undefined), /listener must be a function/);
});

test('listeners are invisible to enumeration and to JSON', () => {
  const emitter = new Emitter();
  emitter.on('a', () => {});
  assert.deepEqual([Object.keys(emitter), Object.getOwnPropertySymbols(emitter)], [[], []]);
  assert.equal(JSON.stringify(emitter), '{}');
});
