/** A call between two phones: the built SDK, the real gateway, real media. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { liveProcesses } from '../../simulator/index.js';
import { decodedFrames } from './meeting.mjs';
import { PATIENCE_MS, assertNoFaults, connected, notice, startMeeting, tile } from './support.mjs';

async function call(t, options) {
  const meeting = await startMeeting(t, options);
  const alice = await meeting.enter('alice');
  const bob = await meeting.enter('bob');
  for (const phone of [alice, bob]) {
    await phone.waitFor(() => decodedFrames(phone) >= 10, PATIENCE_MS, `${phone.name} to see the other`);
  }
  return { meeting, alice, bob };
}

test('two phones see and hear each other', async (t) => {
  const { meeting, alice, bob } = await call(t);
  for (const [phone, other] of [
    [alice, 'bob'],
    [bob, 'alice'],
  ]) {
    await phone.waitFor(() => decodedFrames(phone) >= 60, PATIENCE_MS, '60 pictures');
    const [stream, ...more] = Object.values(phone.stats().players);
    assert.deepEqual(more, [], 'one stream is played');
    assert.ok(stream.changedPictures > 30, `the picture moves: ${JSON.stringify(stream)}`);
    assert.ok(stream.audioFrames > 30, `sound comes: ${JSON.stringify(stream)}`);
    assert.equal(tile(phone, other).audio && tile(phone, other).video, true);
    assert.deepEqual(phone.addedGlobals(), [], 'nothing is put on the global object');
  }
  const health = await meeting.gateway.health();
  assert.equal(health.status, 200);
  assertNoFaults(alice, bob);
});

test('muting is seen by the other, and its pictures and sound stop and come back', async (t) => {
  const { alice, bob } = await call(t);
  alice.page.find('#mic').tap();
  await bob.waitFor(() => !tile(bob, 'alice').audio, PATIENCE_MS, 'alice to be shown muted');
  assert.equal(tile(bob, 'alice').video, true);
  alice.page.find('#mic').tap();
  await bob.waitFor(() => tile(bob, 'alice').audio, PATIENCE_MS, 'alice to be shown unmuted');

  alice.page.find('#camera').tap();
  await bob.waitFor(() => !tile(bob, 'alice').video, PATIENCE_MS, 'the camera to be shown off');
  alice.page.find('#mic').tap();
  await bob.waitFor(() => !tile(bob, 'alice').url, PATIENCE_MS, 'a stream without tracks to be removed');
  alice.page.find('#camera').tap();
  await bob.waitFor(() => tile(bob, 'alice').url, PATIENCE_MS, 'the stream to be added again');
  assert.deepEqual([tile(bob, 'alice').audio, tile(bob, 'alice').video], [false, true]);
  const before = decodedFrames(bob);
  await bob.waitFor(() => decodedFrames(bob) > before + 15, PATIENCE_MS, 'pictures to flow again');
  assertNoFaults(alice, bob);
});

test('leaving takes the tile away, ends the media and empties the room', async (t) => {
  const { meeting, alice, bob } = await call(t);
  alice.page.find('#leave').tap();
  await bob.waitFor(() => !tile(bob, 'alice'), PATIENCE_MS, 'alice to be gone');
  assert.equal(alice.page.path, 'pages/join/join');
  await alice.waitFor(() => alice.stats().sockets === 0, PATIENCE_MS, 'the socket to be closed');
  assert.equal((await meeting.gateway.health()).body.sessions, 1, 'only bob is in the room');
  await bob.waitFor(() => bob.stats().pusher !== null, 100, 'bob to go on');
  await meeting.end();
  assert.equal(liveProcesses(), 0, 'no encoder or player is left');
});

test('the newest login of a user wins', async (t) => {
  const { meeting, bob } = await call(t);
  const old = meeting.phones.get('alice');
  meeting.phones.set('alice at home', old);
  const again = await meeting.enter('alice');
  await connected(again);
  assert.match((await notice(old)).en, /entered elsewhere/);
  assert.equal(old.page.data.status, 'disconnected');
  const before = decodedFrames(bob);
  await bob.waitFor(() => decodedFrames(bob) > before + 20, PATIENCE_MS, 'bob to see the new login');
  assertNoFaults(bob, again);
});

test('three in a room all see each other', async (t) => {
  const { meeting, alice, bob } = await call(t);
  const carol = await meeting.enter('carol');
  for (const [phone, count] of [
    [carol, 2],
    [alice, 2],
    [bob, 2],
  ]) {
    await phone.waitFor(
      () => Object.values(phone.stats().players).filter((player) => player.videoFrames > 15).length === count,
      PATIENCE_MS,
      `${phone.name} to see ${count} others`,
    );
  }
  assertNoFaults(alice, bob, carol);
});

test('a pusher and a player that give up come back by themselves', async (t) => {
  const meeting = await startMeeting(t);
  // These tags give up at once instead of trying again for ten seconds.
  const alice = await meeting.enter('alice', { phone: { native: { retries: 0 } } });
  const bob = await meeting.enter('bob', { phone: { native: { retries: 0 } } });
  const codes = [];
  for (const phone of [alice, bob]) {
    phone.onEvent((event) => event.kind === 'native' && codes.push(event.code));
    await phone.waitFor(() => decodedFrames(phone) >= 10, PATIENCE_MS, `${phone.name} to see the other`);
  }
  alice.cutMedia();
  await alice.waitFor(() => codes.includes(-1307) && codes.includes(-2301), PATIENCE_MS, 'both tags to give up');
  for (const phone of [alice, bob]) {
    const before = decodedFrames(phone);
    await phone.waitFor(() => decodedFrames(phone) > before + 30, PATIENCE_MS, `${phone.name} to see the other again`);
    assert.equal(phone.page.data.notice, null, 'nobody had to do anything');
  }
  assertNoFaults(alice, bob);
});
