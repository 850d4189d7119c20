import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isScreen, readNativeEvent } from '../../js-glue/src/native.js';

const native = { type: 'statechange', timeStamp: 12, detail: { code: 1002, message: 'push begins' } };

test('a native event', () => {
  assert.deepEqual(readNativeEvent(native), { code: 1002, message: 'push begins' });
});

test('an event that v-pusher passed on', () => {
  assert.deepEqual(readNativeEvent({ type: 'pusherstatechange', detail: native }), {
    code: 1002,
    message: 'push begins',
  });
});

test('an error event of live-pusher: errCode is the code where there is no code', () => {
  const error = { type: 'error', detail: { errCode: 10001, errMsg: 'camera: permission denied' } };
  const read = { code: 10001, message: 'camera: permission denied' };
  assert.deepEqual(readNativeEvent(error), read);
  assert.deepEqual(readNativeEvent({ type: 'pushererror', detail: error }), read);
  assert.deepEqual(readNativeEvent({ detail: { code: -1301, message: 'camera', errCode: 10001, errMsg: 'other' } }), {
    code: -1301,
    message: 'camera',
  });
});

test('an event that v-player passed on, and its detail alone', () => {
  const detail = { uid: 'alice', screen: '1', e: native };
  const read = { uid: 'alice', screen: '1', code: 1002, message: 'push begins' };
  assert.deepEqual(readNativeEvent({ type: 'playerstatechange', detail }), read);
  assert.deepEqual(readNativeEvent(detail), read);
});

test('a netstatus event', () => {
  const info = { videoBitrate: 300 };
  assert.deepEqual(readNativeEvent({ detail: { detail: { info } } }), { info });
});

test('separate values and nonsense give nothing', () => {
  for (const value of [1002, 'alice', undefined, null, { videoBitrate: 1 }, { detail: null }])
    assert.deepEqual(readNativeEvent(value), {});
});

test('each way of saying screen', () => {
  for (const yes of [true, 1, '1']) assert.equal(isScreen(yes), true);
  for (const no of [false, 0, '0', undefined, '']) assert.equal(isScreen(no), false);
});
