/**
 * What phones do to a call: hidden, frozen, thrown away, taken for a phone call. The other phone tells what it sees and
 * hears of it.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { PATIENCE_MS, assertNoFaults, connected, startMeeting, tile } from './support.mjs';
import { decoded, eventsOf, flowing, namesOf, nextSecond, pause, repairsOf, watchedCall } from './witness.mjs';

// Calls side by side: each mostly waits.
describe('what phones do', { concurrency: 2 }, () => {
  test('mute: hidden, the stream is off for the other and what is pushed is silent; shown, it is back, and nobody left', async (t) => {
    const { alice, bob, seen } = await watchedCall(t);
    // A page that goes on playing what it was told is off.
    bob.page.instance.tiles.clear = () => ({});
    const hiddenAt = Date.now();
    alice.hide();
    const glance = await nextSecond(bob);
    assert.ok(glance.silence > 20, `silent at once: ${JSON.stringify(glance)}`);
    assert.deepEqual([glance.sound, namesOf(seen, 'alice')], [0, []]);
    await bob.waitFor(() => namesOf(seen, 'alice').includes('stream-removed'), PATIENCE_MS, 'alice to be off');
    assert.ok(Date.now() - hiddenAt < 4800, 'before WeChat stops the app');
    assert.deepEqual(await nextSecond(bob), { pictures: 0, sound: 0, silence: 0 }, 'what is off does not even arrive');

    alice.show();
    await bob.waitFor(() => namesOf(seen, 'alice').includes('stream-added'), PATIENCE_MS, 'alice to be on');
    await flowing(bob, 'alice');
    assert.deepEqual(
      namesOf(seen, 'alice').filter((event) => event.startsWith('peer')),
      [],
    );
    assert.deepEqual([tile(bob, 'alice').audio, tile(bob, 'alice').video], [true, true]);
    assertNoFaults(alice, bob);
  });

  test('a glance at another app: nothing comes or goes for the other', async (t) => {
    const { alice, bob, seen } = await watchedCall(t);
    alice.hide();
    await pause(3000);
    alice.show();
    await flowing(bob, 'alice');
    await pause(1500);
    assert.deepEqual(namesOf(seen, 'alice'), []);
    assertNoFaults(alice, bob);
  });

  test("a page that knows no orders, as one written for the vendor's SDK: seen again as soon as any", async (t) => {
    const { alice, bob } = await watchedCall(t, { phone: { platform: 'android', backgroundFreezeMs: 3000 } });
    alice.page.instance.client.removeAllListeners('stream-control');
    alice.hide();
    await pause(7000);
    const before = decoded(bob).pictures;
    const shownAt = Date.now();
    alice.show();
    await bob.waitFor(() => decoded(bob).pictures > before + 10, PATIENCE_MS, 'the picture to be back');
    t.diagnostic(`seen again after ${Date.now() - shownAt} ms`);
    assert.ok(Date.now() - shownAt < 5000, `after ${Date.now() - shownAt} ms`);
    assertNoFaults(alice, bob);
  });

  test('keep-audio: hidden, the sound goes on and the picture is off', async (t) => {
    const { alice, bob, seen } = await watchedCall(t, { policy: 'keep-audio' });
    alice.hide();
    await bob.waitFor(() => namesOf(seen, 'alice').includes('mute-video'), 4500, 'the picture to be off');
    const hidden = await nextSecond(bob);
    assert.ok(hidden.sound > 20, JSON.stringify(hidden));
    assert.deepEqual([hidden.silence, hidden.pictures], [0, 0]);
    alice.show();
    await bob.waitFor(() => namesOf(seen, 'alice').includes('unmute-video'), PATIENCE_MS, 'the picture to be on');
    await flowing(bob, 'alice');
    assert.deepEqual(namesOf(seen, 'alice'), ['mute-video', 'unmute-video']);
    assertNoFaults(alice, bob);
  });

  test('leave: hidden, alice is gone, camera and microphone with her; shown, she may join again', async (t) => {
    const { gateway, alice, bob, seen, own } = await watchedCall(t, { policy: 'leave' });
    alice.hide();
    await bob.waitFor(() => namesOf(seen, 'alice').includes('peer-leave'), 2000, 'alice to be gone');
    assert.equal(alice.page.instance.client.state, 'idle');
    assert.deepEqual(repairsOf(own, 'alice').slice(-1), ['stop']);
    assert.match(own.findLast(({ event }) => event === 'connection-state-changed').reason, /background/);
    await alice.waitFor(
      () => !alice.natives.all().some((native) => native.running),
      1000,
      'every tag to stop while the view stands still',
    );
    assert.equal((await gateway.health()).body.sessions, 1);

    alice.show();
    await alice.waitFor(() => alice.page.data.notice?.action === 'join', 1000, 'the notice');
    assert.deepEqual([alice.page.data.pushUrl, alice.page.data.tiles.filter(Boolean)], ['', []]);
    alice.page.find('.notice-action').tap();
    await bob.waitFor(() => tile(bob, 'alice')?.url, PATIENCE_MS, 'alice to be back');
    await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);
    assert.equal(alice.page.data.notice, null);
    assertNoFaults(alice, bob);
  });

  const PHONES = [
    ['waits to be told, sockets that say that they were cut', { platform: 'android' }, ['play-again']],
    ['restarts itself, sockets that say nothing', { platform: 'ios', native: { resumeAfterSuspend: true } }, []],
  ];
  for (const [kind, phone, expected] of PHONES) {
    test(`frozen within the grace time: nobody left, and the stream comes back (a tag that ${kind})`, async (t) => {
      const { alice, bob, seen, own } = await watchedCall(t, { phone: { backgroundFreezeMs: 5000, ...phone } });
      own.length = 0;
      alice.hide();
      await bob.waitFor(() => !tile(bob, 'alice').url, PATIENCE_MS, 'alice to be off');
      await pause(4000);
      alice.show();
      await flowing(bob, 'alice');
      await flowing(alice, 'bob');
      assert.deepEqual(
        namesOf(seen, 'alice').filter((event) => event.startsWith('peer')),
        [],
      );
      assert.deepEqual(repairsOf(own, 'alice'), expected);
      assert.ok(!namesOf(own).includes('error'), 'the way back was found at once, which is no error');
      assert.equal(alice.page.data.notice, null);
      assertNoFaults(alice, bob);
    });
  }

  test('frozen for longer than the grace time: gone for the other; shown, she joins anew and is seen', async (t) => {
    const { alice, bob, seen } = await watchedCall(t, {
      config: '[times]\nresume_ms = 1500\n',
      phone: { backgroundFreezeMs: 300 },
    });
    alice.hide();
    await bob.waitFor(() => namesOf(seen, 'alice').includes('peer-leave'), 6000, 'alice to be gone');
    await pause(1000);
    alice.show();
    await bob.waitFor(() => namesOf(seen, 'alice').includes('peer-online'), PATIENCE_MS, 'alice to be back');
    await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);
    assert.equal(alice.page.data.status, 'connected');
    assertNoFaults(alice, bob);
  });

  test('thrown away without a word: the gateway takes her out of the room', async (t) => {
    const { gateway, alice, bob, seen } = await watchedCall(t, { config: '[times]\nresume_ms = 1500\n' });
    const killedAt = Date.now();
    await alice.kill();
    await bob.waitFor(() => namesOf(seen, 'alice').includes('peer-leave'), 6000, 'alice to be gone');
    assert.ok(Date.now() - killedAt >= 1400, 'not before the grace time');
    assert.equal((await gateway.health()).body.sessions, 1);
    assert.equal(tile(bob, 'alice'), undefined);
    assertNoFaults(bob);
  });

  test('a page that forgets destroy: its media ends with it, and the gateway ends the rest once the app is gone', async (t) => {
    const { gateway, alice, bob, seen } = await watchedCall(t, {
      config: '[times]\nresume_ms = 1500\nmedia_grace_ms = 1500\n',
      phone: { backgroundFreezeMs: 300 },
    });
    alice.page.instance.onUnload = () => {};
    alice.page.find('#leave').tap();
    await alice.waitFor(() => alice.page.path === 'pages/join/join', PATIENCE_MS, 'the join page');
    await bob.waitFor(() => namesOf(seen, 'alice').includes('stream-removed'), 6000, 'the stream to end');
    alice.hide();
    await bob.waitFor(() => namesOf(seen, 'alice').includes('peer-leave'), 6000, 'alice to be gone');
    assert.equal((await gateway.health()).body.sessions, 1);
  });

  test('a phone call: the others see the sound go off and come back, and hear nothing meanwhile', async (t) => {
    const { alice, bob, seen } = await watchedCall(t);
    alice.audioInterruption('begin');
    await bob.waitFor(() => !tile(bob, 'alice').audio, 2000, 'the sound to be off');
    const taken = await nextSecond(bob);
    assert.ok(taken.pictures > 5, JSON.stringify(taken));
    assert.deepEqual([taken.sound, taken.silence], [0, 0], 'the gateway passes nothing of a track that is off');
    alice.audioInterruption('end');
    await bob.waitFor(() => tile(bob, 'alice').audio, 2000, 'the sound to be on');
    await flowing(bob, 'alice');
    assert.deepEqual(namesOf(seen, 'alice'), ['mute-audio', 'unmute-audio']);
    assertNoFaults(alice, bob);
  });

  for (const [code, what] of [
    [-1302, 'cannot get the microphone'],
    [-1307, 'gives up connecting'],
    [5001, 'says that a call interrupts it'],
  ]) {
    test(`a phone call during which the tag ${what} (${code}): no repair and no failure, and all is back after it`, async (t) => {
      const { alice, bob, own } = await watchedCall(t);
      alice.audioInterruption('begin');
      alice.injectCode('pusher', code);
      await pause(6000);
      assert.deepEqual(repairsOf(own, 'alice'), [], 'nothing while the call lasts');
      alice.audioInterruption('end');
      await flowing(bob, 'alice');
      assert.ok(!repairsOf(own, 'alice').includes('stream-failed'), repairsOf(own, 'alice').join());
      assert.equal(alice.page.data.notice, null);
      assertNoFaults(alice, bob);
    });
  }

  const ENDS = {
    'the tag pushes again': ({ natives }) =>
      natives
        .all()
        .find((tag) => tag.constructor.name === 'LivePusher')
        .start(),
    'the phone says that it is over': (alice) => alice.audioInterruption('end'),
  };
  for (const [how, end] of Object.entries(ENDS)) {
    test(`a phone call of which only the tag tells (5001 alone): no repair and no failure until ${how}`, async (t) => {
      const { alice, bob, own } = await watchedCall(t);
      alice.injectCode('pusher', 5001);
      await bob.waitFor(() => !tile(bob, 'alice')?.audio, 2000, 'the sound to be off');
      for (const code of [-1307, -1302]) {
        await pause(2000);
        alice.injectCode('pusher', code);
      }
      await pause(2000);
      assert.deepEqual(repairsOf(own, 'alice'), [], 'nothing while the call lasts');
      end(alice);
      await flowing(bob, 'alice');
      assert.equal(tile(bob, 'alice').audio, true);
      assert.ok(!repairsOf(own, 'alice').includes('stream-failed'), repairsOf(own, 'alice').join());
      assert.equal(alice.page.data.notice, null);
      assertNoFaults(alice, bob);
    });
  }

  test('what the user turned off stays off, whatever the phone did meanwhile', async (t) => {
    const { alice, bob, seen } = await watchedCall(t);
    alice.page.find('#mic').tap();
    await bob.waitFor(() => !tile(bob, 'alice').audio, PATIENCE_MS, 'the sound to be off');
    alice.audioInterruption('begin');
    alice.hide();
    await bob.waitFor(() => !tile(bob, 'alice').url, PATIENCE_MS, 'alice to be off');
    alice.audioInterruption('end');
    alice.show();
    await bob.waitFor(() => tile(bob, 'alice').url, PATIENCE_MS, 'alice to be on');
    const shown = await nextSecond(bob);
    assert.ok(shown.pictures > 5, JSON.stringify(shown));
    assert.deepEqual([shown.sound, shown.silence], [0, 0], 'the gateway passes nothing of a track that is off');
    assert.deepEqual([tile(bob, 'alice').audio, tile(bob, 'alice').video], [false, true]);
    assert.ok(!namesOf(seen, 'alice').includes('unmute-audio'));
    assertNoFaults(alice, bob);
  });

  test('muted means silent: no sound at all comes from a microphone that is off', async (t) => {
    const { alice, bob } = await watchedCall(t);
    alice.page.find('#mic').tap();
    await bob.waitFor(() => !tile(bob, 'alice').audio, PATIENCE_MS, 'the sound to be off');
    const muted = await nextSecond(bob);
    assert.ok(muted.pictures > 5, JSON.stringify(muted));
    assert.deepEqual([muted.sound, muted.silence], [0, 0], 'the gateway passes nothing of a track that is off');
    const before = decoded(bob).sound;
    alice.page.find('#mic').tap();
    await bob.waitFor(
      () => tile(bob, 'alice').audio && decoded(bob).sound > before + 20,
      PATIENCE_MS,
      'the sound to come back',
    );
    assertNoFaults(alice, bob);
  });

  for (const how of ['leave', 'destroy']) {
    test(`${how} while the join is on its way: nobody stays behind in the room`, async (t) => {
      const meeting = await startMeeting(t);
      const bob = await meeting.enter('bob');
      await connected(bob);
      const seen = eventsOf(bob);
      let left;
      // The first frame that leaves is the join.
      const log = ({ kind, what }) => {
        if (kind === 'socket' && what === 'send') left ??= meeting.phones.get('alice').page.instance.client[how]();
      };
      const alice = await meeting.enter('alice', { phone: { log } });
      await alice.waitFor(() => left, PATIENCE_MS, 'the join to be sent');
      await left;
      await pause(1500);
      assert.equal((await meeting.gateway.health()).body.sessions, 1);
      assert.notEqual(namesOf(seen, 'alice').at(-1), 'peer-online');
      assertNoFaults(alice, bob);
    });
  }
});
