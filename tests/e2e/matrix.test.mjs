/**
 * The call in every environment that the SDK meets: what the app-service has, how its engine behaves, in which form and
 * place the module lies. The phones of a call differ, so each call tries two environments.
 */

import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { decodedFrames } from './meeting.mjs';
import { PATIENCE_MS, assertNoFaults, copyExample, startGateway, startMeeting, tile } from './support.mjs';

const IOS = { platform: 'ios', bigInt: false, globalThis: false, functionReturnThis: false };
const OLD_IOS = { ...IOS, macrotaskPromise: true, memoryGrowDetaches: false };

/** Pairs of environments; `prepare` changes the phone's own copy of the example. */
const CALLS = [
  [
    { name: 'android', phone: {} },
    { name: 'no globalThis', phone: { globalThis: false, functionReturnThis: false } },
  ],
  [
    { name: 'queueMicrotask', phone: { queueMicrotask: true } },
    { name: 'FinalizationRegistry, no queueMicrotask', phone: { finalizationRegistry: true, queueMicrotask: false } },
  ],
  [
    { name: 'iOS 15 and below', phone: OLD_IOS },
    { name: 'iOS, bare instance', phone: { ...IOS, instanceShape: 'bare' } },
  ],
  [
    { name: '.wasm.br', phone: {}, prepare: brotli },
    { name: 'module in a sub-package', phone: {}, prepare: subPackage },
  ],
  [
    { name: 'no WXWebAssembly', phone: { wxWebAssembly: false }, prepare: noModule },
    { name: 'iOS without WXWebAssembly', phone: { ...OLD_IOS, wxWebAssembly: false }, prepare: noModule },
  ],
];

let gateway;
before(async (t) => {
  gateway = await startGateway(t);
});

for (const [index, environments] of CALLS.entries()) {
  test(`a call between: ${environments.map(({ name }) => name).join(' | ')}`, async (t) => {
    const meeting = await startMeeting(t, { gateway, room: `room-${index}` });
    const phones = [];
    for (const [place, { phone, prepare }] of environments.entries()) {
      const root = prepare ? copyExample(t) : meeting.example;
      prepare?.(root);
      phones.push(await meeting.enter(['alice', 'bob'][place], { phone: { ...phone, root } }));
    }
    const [alice, bob] = phones;
    for (const [phone, other] of [
      [alice, 'bob'],
      [bob, 'alice'],
    ]) {
      await phone.waitFor(
        () => phone.page.data.notice || decodedFrames(phone) >= 15,
        PATIENCE_MS,
        `${phone.name} to see ${other}`,
      );
      assert.equal(phone.page.data.notice, null);
      assert.deepEqual([tile(phone, other).audio, tile(phone, other).video], [true, true]);
    }
    alice.page.find('#mic').tap();
    await bob.waitFor(() => !tile(bob, 'alice').audio, PATIENCE_MS, 'alice to be shown muted');
    bob.page.find('#leave').tap();
    await alice.waitFor(() => !tile(alice, 'bob'), PATIENCE_MS, 'bob to be gone');
    for (const phone of phones) assert.deepEqual(phone.addedGlobals(), [], 'nothing is put on the global object');
    assertNoFaults(...phones);
  });
}

function noModule(root) {
  for (const name of ['miniapp-rtc.wasm', 'miniapp-rtc.wasm.br']) rmSync(join(root, 'lib', name));
}

function brotli(root) {
  rmSync(join(root, 'lib/miniapp-rtc.wasm'));
  initWith(root, { wasmPath: 'lib/miniapp-rtc.wasm.br' });
}

/** The meeting page and the module in a sub-package, the rest in the main package. */
function subPackage(root) {
  renameSync(join(root, 'lib/miniapp-rtc.wasm'), join(root, 'pages/meeting/miniapp-rtc.wasm'));
  rmSync(join(root, 'lib/miniapp-rtc.wasm.br'));
  const file = join(root, 'app.json');
  const app = JSON.parse(readFileSync(file, 'utf8'));
  app.pages = app.pages.filter((page) => page !== 'pages/meeting/meeting');
  app.subPackages = [{ root: 'pages/meeting', pages: ['meeting'] }];
  writeFileSync(file, JSON.stringify(app));
  initWith(root, { wasmPath: 'pages/meeting/miniapp-rtc.wasm' });
}

/** Options for every `init` of the application. */
function initWith(root, options) {
  const defaults = `require('./lib/miniapp-rtc.min.js').Client.defaults = ${JSON.stringify(options)};\n`;
  writeFileSync(join(root, 'app.js'), defaults + readFileSync(join(root, 'app.js'), 'utf8'));
}
