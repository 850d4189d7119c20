/**
 * Streams that break, one by one: what is done about each, and that picture and sound flow again. The page only binds.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { PATIENCE_MS, assertNoFaults, tile } from './support.mjs';
import { flowing, namesOf, nextSecond, pause, repairsOf, watchedCall } from './witness.mjs';

const isFailure = (what) => what === 'stream-failed';
const warnings = (phone) => phone.consoleLog.filter(({ level }) => level === 'warn').map(({ message }) => message);

// Calls side by side: each mostly waits.
describe('streams that break', { concurrency: 3 }, () => {
  const PUSHER = [
    [-1307, ['update-url'], 'gave up'],
    [-1304, ['play-again'], 'lost its sound encoder'],
    [-1303, ['play-again'], 'lost its picture encoder'],
    [-1311, ['remount'], 'has a microphone that gives silence'],
  ];
  for (const [code, expected, what] of PUSHER) {
    test(`a pusher that ${what} (${code}): ${expected}`, async (t) => {
      const { alice, bob, own, seen } = await watchedCall(t);
      const { publishes } = alice.stats().pusher;
      alice.injectCode('pusher', code);
      await alice.waitFor(() => repairsOf(own, 'alice').length === expected.length, 2000, 'the repair');
      await alice.waitFor(
        () =>
          alice.stats().pusher?.publishing &&
          (alice.stats().pusher.publishes !== publishes || expected[0] !== 'play-again'),
        PATIENCE_MS,
        'the new push',
      );
      await flowing(bob, 'alice');
      await nextSecond(bob);
      assert.deepEqual(repairsOf(own, 'alice'), expected);
      assert.deepEqual(
        namesOf(seen, 'alice').filter((event) => event.startsWith('peer')),
        [],
      );
      assert.equal(alice.page.data.notice, null, 'the page had to do nothing');
      assertNoFaults(alice, bob);
    });
  }

  const PLAYER = [
    [-2301, ['update-url'], 'gave up'],
    [2006, ['play-again'], 'came to an end'],
  ];
  for (const [code, expected, what] of PLAYER) {
    test(`a player that ${what} (${code}): ${expected}`, async (t) => {
      const { alice, bob, seen } = await watchedCall(t);
      bob.injectCode({ uid: 'alice' }, code);
      await bob.waitFor(() => repairsOf(seen, 'alice').length === expected.length, 2000, 'the repair');
      await flowing(bob, 'alice');
      await pause(1000);
      assert.deepEqual(repairsOf(seen, 'alice'), expected, 'and no repair of the repair');
      assert.equal(tile(bob, 'alice').failed, false);
      assertNoFaults(alice, bob);
    });
  }

  for (const code of [5000, 5001]) {
    test(`a pusher that WeChat stopped in the background (${code}): nothing while hidden, play-again once shown`, async (t) => {
      const { alice, bob, own } = await watchedCall(t);
      alice.hide();
      alice.injectCode('pusher', code);
      await pause(4000);
      assert.deepEqual(repairsOf(own, 'alice'), [], 'nothing in the background');
      alice.show();
      const shownAt = Date.now();
      await alice.waitFor(() => repairsOf(own, 'alice').length > 0, PATIENCE_MS, 'the order');
      assert.ok(Date.now() - shownAt > 2000, 'most phones go on by themselves within 3 s');
      await flowing(bob, 'alice');
      assert.deepEqual(repairsOf(own, 'alice'), ['play-again']);
      assertNoFaults(alice, bob);
    });
  }

  const BREAKS = {
    'the media are cut': ({ alice, bob }) => {
      alice.cutMedia();
      bob.cutMedia();
    },
    'the page is covered and back': async ({ alice }) => {
      const { wx } = alice.service.realm.global;
      wx.navigateTo({ url: '/pages/join/join' });
      await alice.waitFor(() => alice.page.path === 'pages/join/join', PATIENCE_MS, 'the page on top');
      await pause(2000);
      wx.navigateBack();
      await alice.waitFor(() => alice.page.path === 'pages/meeting/meeting', PATIENCE_MS, 'the page of the call');
    },
    'the app is 8 s in the background': async ({ alice }) => {
      alice.hide();
      await pause(8000);
      alice.show();
    },
  };
  for (const [what, strike] of Object.entries(BREAKS)) {
    test(`an address older than its lease says is as good as a new one: ${what}, early and late in a call`, async (t) => {
      const how = { config: '[media]\nlease_s = 10\n', phone: { backgroundFreezeMs: 5000 } };
      const { alice, bob, own, seen } = await watchedCall(t, how);
      const costs = [];
      for (const wait of [0, 12000]) {
        await pause(wait);
        await strike({ alice, bob });
        const endedAt = Date.now();
        await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);
        costs.push(Date.now() - endedAt);
      }
      const [early, late] = costs;
      t.diagnostic(`media was back after ${early} ms early, ${late} ms late in the call`);
      assert.ok(late < early + 1250, `early ${early} ms, late ${late} ms`);
      assert.deepEqual(
        [repairsOf(own, 'alice'), repairsOf(own, 'bob'), repairsOf(seen, 'alice')].flat().filter(isFailure),
        [],
      );
      assertNoFaults(alice, bob);
    });
  }

  test('a code that nobody knows (10012): one line on the console, that names tag and code, and nothing else', async (t) => {
    const { alice, bob, own } = await watchedCall(t);
    const before = { lines: warnings(alice).length, codes: own.length };
    alice.injectCode('pusher', 10012, 'whatever');
    alice.injectCode({ uid: 'bob' }, 4999, 'whatever');
    await alice.waitFor(() => warnings(alice).length >= before.lines + 2, 2000, 'the lines');
    await flowing(bob, 'alice');
    const [pusher, player, ...more] = warnings(alice).slice(before.lines);
    assert.match(pusher, /pusher.*10012/);
    assert.match(player, /player.*4999/);
    assert.deepEqual([more, own.length], [[], before.codes]);
    assertNoFaults(alice, bob);
  });

  test('a page that binds no control: the stream comes back all the same, by a new address', async (t) => {
    const { alice, bob, own } = await watchedCall(t);
    alice.page.instance.client.removeAllListeners('stream-control');
    own.length = 0;
    alice.injectCode('pusher', -1311);
    await alice.waitFor(() => own.some(({ event }) => event === 'update-url'), 2000, 'the new address, at once');
    await flowing(bob, 'alice');
    assertNoFaults(alice, bob);
  });

  test('what nothing can help (-1301, no camera) is told at once, and the user can try again', async (t) => {
    const { alice, bob, own, seen } = await watchedCall(t, { config: '[times]\nmedia_grace_ms = 2000\n' });
    alice.injectCode('pusher', -1301);
    const notice = await alice.waitFor(() => alice.page.data.notice, 2000, 'the notice');
    assert.match(notice.detail, /camera or microphone/);
    assert.deepEqual(repairsOf(own, 'alice'), ['stop', 'stream-failed']);
    assert.equal(alice.stats().pusher, null);
    await bob.waitFor(
      () => namesOf(seen, 'alice').includes('stream-removed'),
      PATIENCE_MS,
      'the stream without media to end',
    );
    alice.page.find('.notice-action').tap();
    await flowing(bob, 'alice');
    assertNoFaults(alice, bob);
  });

  test('permission taken away: the notice leads to the settings, and the stream comes back once it is given', async (t) => {
    const { alice, bob, own } = await watchedCall(t);
    alice.setPermissions({ camera: false });
    alice.injectCode('pusher', -1304);
    await alice.waitFor(() => namesOf(own, 'alice').includes('stream-failed'), PATIENCE_MS, 'the failure');
    const { action, detail } = alice.page.data.notice;
    assert.deepEqual({ action, detail }, { action: 'settings', detail: '10001' });
    assert.equal(alice.stats().pusher, null);
    alice.setPermissions({ camera: true });
    alice.page.find('.notice-action').tap();
    await flowing(bob, 'alice');
    assert.equal(alice.page.data.notice, null);
    assertNoFaults(alice, bob);
  });

  test('what breaks again and again is given up, and the page is told', async (t) => {
    const { alice, bob, seen } = await watchedCall(t);
    for (let time = 0; time < 6; time += 1) {
      await bob.waitFor(
        () => bob.natives.all().some((native) => native.constructor.name === 'LivePlayer' && native.running),
        PATIENCE_MS,
        'the player',
      );
      const { length } = repairsOf(seen, 'alice');
      bob.injectCode({ uid: 'alice' }, -2301);
      await bob.waitFor(
        () => repairsOf(seen, 'alice').length > length,
        PATIENCE_MS,
        `the answer to failure ${time + 1}`,
      );
    }
    assert.deepEqual(repairsOf(seen, 'alice'), [...Array(5).fill('update-url'), 'stream-failed']);
    assert.equal(tile(bob, 'alice').failed, true);
    bob.page.find('.again').tap();
    await flowing(bob, 'alice');
    assertNoFaults(alice, bob);
  });
});
