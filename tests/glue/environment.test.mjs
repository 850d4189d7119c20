/** The SDK on phones that differ: what the app-service has, how the engine behaves, where the module lies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, NOWHERE, start } from './phone.mjs';

const APP = '0123456789abcdef01234567';
const JS = { 'miniapp-rtc.min.js': 'lib/miniapp-rtc.min.js' };

const PHONES = {
  'android': {},
  'android of a young base library': { queueMicrotask: true, finalizationRegistry: true },
  'android of an old base library': { globalThis: false, functionReturnThis: false, bigInt: false },
  'ios': { platform: 'ios', instanceShape: 'bare' },
  'ios 15 and below': { platform: 'ios', globalThis: false, macrotaskPromise: true, memoryGrowDetaches: false },
};

for (const [name, options] of Object.entries(PHONES)) {
  test(`${name}: loads, answers, grows its memory, talks of what it cannot reach, ends`, async (t) => {
    const { phone, sdk } = await start(t, options);
    const client = new sdk.Client();
    await client.init(APP, { gateway: NOWHERE });
    assert.equal(await client.setBusinessId('business'), true);
    // More than the module's memory holds at first, in one byte and in three bytes a character.
    for (const text of ['x'.repeat(3000000), '房'.repeat(1500000)]) {
      assert.equal((await failure(client.setBusinessId(text))).code, 100001);
      assert.equal(await client.setBusinessId('business'), true);
    }
    const { code, reason } = await failure(client.join('token', 'room', '没有👋'));
    assert.equal(code, 100001, reason);
    await client.destroy();
    assert.deepEqual(phone.faults, []);
  });
}

const PLACES = {
  '.wasm.br': ['miniapp-rtc.wasm.br', 'lib/miniapp-rtc.wasm.br', 'lib/miniapp-rtc.wasm.br'],
  'a path with a leading slash': ['miniapp-rtc.wasm', 'lib/miniapp-rtc.wasm', '/lib/miniapp-rtc.wasm'],
  'another folder and name': ['miniapp-rtc.wasm', 'assets/call.wasm', 'assets/call.wasm'],
};

for (const [name, [file, place, wasmPath]] of Object.entries(PLACES)) {
  test(`the module as ${name}`, async (t) => {
    const { phone, sdk } = await start(t, {}, { ...JS, [file]: place });
    const client = new sdk.Client();
    await client.init(APP, { gateway: NOWHERE, wasmPath });
    assert.equal(await client.setBusinessId('business'), true);
    assert.deepEqual(phone.faults, []);
  });
}
