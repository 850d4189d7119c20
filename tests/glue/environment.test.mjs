/** The SDK on phones that differ: what the app-service has, how the engine behaves, where the module lies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, NOWHERE, pause, start } from './phone.mjs';

const APP = '0123456789abcdef01234567';
const JS = { 'miniapp-rtc.min.js': 'lib/miniapp-rtc.min.js' };
const WITH_FALLBACK = { ...JS, 'miniapp-rtc.fallback.js': 'lib/miniapp-rtc.fallback.js' };

const PHONES = {
  android: {},
  'android of a young base library': { queueMicrotask: true, finalizationRegistry: true },
  'android of an old base library': { globalThis: false, functionReturnThis: false, bigInt: false },
  ios: { platform: 'ios', instanceShape: 'bare' },
  'ios 15 and below': { platform: 'ios', globalThis: false, macrotaskPromise: true, memoryGrowDetaches: false },
  'android without WXWebAssembly': {
    wxWebAssembly: false,
    globalThis: false,
    functionReturnThis: false,
    bigInt: false,
  },
  'ios without WXWebAssembly': { platform: 'ios', wxWebAssembly: false, globalThis: false, macrotaskPromise: true },
};

for (const [name, options] of Object.entries(PHONES)) {
  test(`${name}: loads, answers, grows its memory, talks of what it cannot reach, ends`, async (t) => {
    const { phone, sdk, fallback } = await start(
      t,
      options,
      options.wxWebAssembly === false ? WITH_FALLBACK : undefined,
    );
    const client = new sdk.Client();
    await client.init(APP, { gateway: NOWHERE, fallback });
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

test('the fallback is not loaded where there is WXWebAssembly', async (t) => {
  const { sdk } = await start(t);
  let asked = 0;
  await new sdk.Client().init(APP, {
    gateway: NOWHERE,
    fallback: () => {
      asked += 1;
    },
  });
  assert.equal(asked, 0);
});

test('the fallback: an instance for each Client, also by a promise, as from a sub-package', async (t) => {
  const { phone, sdk, fallback } = await start(t, { wxWebAssembly: false }, WITH_FALLBACK);
  const create = fallback();
  const memories = [];
  const watched = (imports) => {
    const exports = create(imports);
    memories.push(exports.memory);
    return exports;
  };
  const clients = [new sdk.Client(), new sdk.Client()];
  for (const client of clients) await client.init(APP, { gateway: NOWHERE, fallback: () => Promise.resolve(watched) });
  assert.notEqual(memories[0], memories[1]);
  const before = memories.map((memory) => memory.buffer);
  assert.equal((await failure(clients[0].setBusinessId('x'.repeat(300000)))).code, 100001);
  assert.notEqual(memories[0].buffer, before[0], 'grown');
  assert.ok(before[0].byteLength > 0, 'the old buffer is not detached');
  assert.equal(memories[1].buffer, before[1]);
  for (const client of clients) {
    const { code, reason } = await failure(client.setBusinessId(5));
    assert.match(`${code} ${reason}`, /^100001 .*business/i, 'text out of the module');
  }
  assert.deepEqual(phone.faults, []);
});

const NOT_THERE = {
  'not given': [
    () => undefined,
    /cannot load miniapp-rtc\.fallback\.js: init was given no fallback\. .*2\.13\.0.*init\(appId, \{ fallback: /,
  ],
  'not in the package': [
    (fallback) => fallback,
    /cannot load miniapp-rtc\.fallback\.js: .*lib\/miniapp-rtc\.fallback\.js.* not defined/,
  ],
  'another file': [() => () => ({}), /cannot load miniapp-rtc\.fallback\.js: fallback\(\) gave object/],
};

for (const [name, [choose, expected]] of Object.entries(NOT_THERE)) {
  test(`the fallback, ${name}: refused at once, with the file's name`, async (t) => {
    const { phone, sdk, fallback } = await start(t, { wxWebAssembly: false }, JS);
    const began = Date.now();
    const { code, reason } = await failure(
      new sdk.Client().init(APP, { gateway: NOWHERE, fallback: choose(fallback) }),
    );
    assert.equal(code, 200005);
    assert.match(reason, expected);
    assert.ok(Date.now() - began < 2000, 'no endless loading');
    assert.deepEqual(phone.faults, []);
  });
}

/**
 * WXWebAssembly that is there and fails: what `instantiate` does, and what the refusal tells where there is no
 * fallback.
 */
const FAILING = {
  'refuses the file': [
    (realm) => realm.promise((_, reject) => reject(realm.error('CompileError: expected magic word 00 61 73 6d'))),
    /not the module of version/,
  ],
  throws: [
    (realm) => {
      throw realm.error('not supported here');
    },
    /not supported here\. Put the module/,
  ],
  'gives nothing': [() => undefined, /cannot load .*lib\/miniapp-rtc\.wasm/],
  'gives an instance without exports': [
    (realm) => realm.promise((resolve) => resolve(realm.handOver({ instance: { exports: {} } }))),
    /not the module of version/,
  ],
  'never answers': [(realm) => realm.promise(() => {}), /no answer in 10000 ms.*gave no answer/],
};

for (const [name, [instantiate, advice]] of Object.entries(FAILING)) {
  test(`WXWebAssembly ${name}: the fallback stands in; without one, the refusal says why`, async (t) => {
    const { phone, sdk, fallback } = await start(t, {}, WITH_FALLBACK);
    const { realm } = phone.service;
    realm.define('WXWebAssembly', realm.handOver({ instantiate: () => instantiate(realm) }));
    const bare = failure(new sdk.Client().init(APP, { gateway: NOWHERE }));
    const client = new sdk.Client();
    const began = Date.now();
    await client.init(APP, { gateway: NOWHERE, fallback });
    assert.equal(await client.setBusinessId('business'), true);
    assert.ok(Date.now() - began < 8000, `after ${Date.now() - began} ms`);
    const { code, reason } = await bare;
    assert.equal(code, 200005);
    assert.match(reason, advice);
    assert.deepEqual(phone.faults, []);
  });
}

test('a module that answers late is used, if nothing else did before', async (t) => {
  const { phone, sdk } = await start(t);
  const platform = phone.service.realm.global.WXWebAssembly;
  const { instantiate } = platform;
  let places = 0;
  platform.instantiate = (path, imports) => {
    places += 1;
    return places === 1 ? pause(4000).then(() => instantiate(path, imports)) : instantiate('lib/none.wasm', imports);
  };
  const client = new sdk.Client();
  await client.init(APP, { gateway: NOWHERE });
  assert.equal(places, 2, 'the next place was tried meanwhile');
  assert.equal(await client.setBusinessId('business'), true);
});
