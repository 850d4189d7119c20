import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { watchLifecycle } from '../../js-glue/src/platform/wechat/lifecycle.js';

const NAMES = [
  'AppShow',
  'AppHide',
  'NetworkStatusChange',
  'NetworkWeakChange',
  'AudioInterruptionBegin',
  'AudioInterruptionEnd',
];

/** A `wx` with those pairs of functions, each keeping its listeners. */
function offer(names, halves = ['on', 'off']) {
  const listeners = Object.fromEntries(names.map((name) => [name, []]));
  globalThis.wx = {};
  for (const name of names) {
    if (halves.includes('on')) globalThis.wx[`on${name}`] = (listener) => listeners[name].push(listener);
    if (halves.includes('off')) {
      globalThis.wx[`off${name}`] = (listener) => {
        listeners[name] = listeners[name].filter((known) => known !== listener);
      };
    }
  }
  return listeners;
}

afterEach(() => {
  delete globalThis.wx;
});

test('each thing that WeChat tells is a signal of the core', () => {
  const listeners = offer(NAMES);
  const heard = [];
  watchLifecycle((signal) => heard.push(signal));
  const tell = (name, payload) => listeners[name].forEach((listener) => listener(payload));
  tell('AppHide', undefined);
  tell('AppShow', { path: 'page' });
  tell('NetworkStatusChange', { isConnected: false, networkType: 'none' });
  tell('NetworkStatusChange', { isConnected: true, networkType: '5g' });
  tell('NetworkWeakChange', { weakNet: true, networkType: '5g' });
  tell('NetworkWeakChange', { weakNet: false, networkType: '5g' });
  tell('AudioInterruptionBegin');
  tell('AudioInterruptionEnd');
  assert.deepEqual(heard, [
    'app-hide',
    'app-show',
    'network-offline',
    'network-online',
    'network-weak',
    'network-strong',
    'audio-interrupted',
    'audio-resumed',
  ]);
});

test('the end takes away what was put in, and nothing else', () => {
  const listeners = offer(NAMES);
  const others = NAMES.map((name) => {
    const other = () => {};
    globalThis.wx[`on${name}`](other);
    return other;
  });
  const stop = watchLifecycle(() => {});
  assert.deepEqual(
    NAMES.map((name) => listeners[name].length),
    NAMES.map(() => 2),
  );
  stop();
  assert.deepEqual(
    NAMES.map((name) => listeners[name]),
    others.map((other) => [other]),
  );
});

test('what an old base library lacks is done without', () => {
  for (const names of [[], NAMES.slice(0, 3)]) {
    const listeners = offer(names);
    const stop = watchLifecycle(() => {});
    assert.deepEqual(
      names.map((name) => listeners[name].length),
      names.map(() => 1),
    );
    stop();
  }
  const listeners = offer(NAMES, ['on']);
  watchLifecycle(() => {})();
  assert.equal(listeners.AppShow.length, 1);
});
