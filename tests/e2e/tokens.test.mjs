/**
 * Tokens that end while a call goes on: the warning, the new token, and a right that ends alone. Both calls run side by
 * side.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { PATIENCE_MS, assertNoFaults, startGateway, startMeeting, tile } from './support.mjs';
import { decoded, eventsOf, flowing, namesOf, pause } from './witness.mjs';

const untilSecond = (second) => pause(Math.max(0, second * 1000 - Date.now()));

/** What phone and gateway wrote down must not hold what opens a room. */
function assertSecret(token, ...texts) {
  for (const text of texts)
    assert.ok(!text.includes(token.slice(3, 40)) && !text.includes(token.slice(-40)), 'a token is in a log');
}

describe('tokens', { concurrency: true }, () => {
  test('30 s ahead the page is told, by the phone itself where the gateway says nothing; a new token keeps the call going', async (t) => {
    const gatewayLog = [];
    const gateway = await startGateway(t, {
      config: '[times]\ntoken_warning_s = 1\n',
      onLog: (line) => gatewayLog.push(line),
    });
    const meeting = await startMeeting(t, { gateway });
    const end = Math.floor(Date.now() / 1000) + 36;
    const token = await gateway.token({ room: meeting.room, user: 'alice', expire: '36s' });
    const alice = await meeting.enter('alice', { token });
    const own = eventsOf(alice);
    const bob = await meeting.enter('bob');
    const seen = eventsOf(bob);
    const warned = () => own.filter(({ event }) => event === 'token-will-expire');
    await alice.waitFor(() => warned().length, PATIENCE_MS, 'the warning');
    const ahead = end - Date.now() / 1000;
    assert.ok(ahead > 26 && ahead < 32, `${ahead} s ahead`);
    assert.equal(warned()[0].scope, 'token');
    assert.ok(Math.abs(warned()[0].expiresIn - ahead) < 3, JSON.stringify(warned()[0]));

    const next = await gateway.token({ room: meeting.room, user: 'alice', expire: '1h' });
    await alice.page.instance.client.updateToken(next);
    await flowing(bob, 'alice');
    await untilSecond(end + 3);
    await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);
    assert.equal(alice.page.data.status, 'connected');
    assert.equal(warned().length, 1, 'once');
    assert.deepEqual(
      namesOf(seen, 'alice').filter((event) => /peer-leave|removed|failed/.test(event)),
      [],
    );
    for (const secret of [token, next])
      assertSecret(secret, gatewayLog.join('\n'), JSON.stringify(alice.consoleLog), JSON.stringify(own));
    assertNoFaults(alice, bob);
  });

  test('a token that ends puts the user out', async (t) => {
    const meeting = await startMeeting(t);
    const bob = await meeting.enter('bob');
    const alice = await meeting.enter('alice', {
      token: await meeting.gateway.token({ room: meeting.room, user: 'alice', expire: '9s' }),
    });
    const own = eventsOf(alice);
    await flowing(bob, 'alice');
    await alice.waitFor(() => alice.page.data.status === 'disconnected', PATIENCE_MS, 'the end');
    await bob.waitFor(() => !tile(bob, 'alice'), PATIENCE_MS, 'alice to be gone');
    assert.ok(namesOf(own).includes('@room/client-banned'));
    assert.deepEqual([alice.stats().pusher, alice.page.data.pushUrl], [null, '']);
    assertNoFaults(alice, bob);
  });

  test('the right to publish ends alone: the page is told before and after, and goes on watching', async (t) => {
    const meeting = await startMeeting(t);
    const token = await meeting.gateway.token({ room: meeting.room, user: 'alice', publishExpire: '10s' });
    const bob = await meeting.enter('bob');
    const seen = eventsOf(bob);
    const alice = await meeting.enter('alice', { token });
    const own = eventsOf(alice);
    await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);
    await alice.waitFor(
      () => own.some(({ event, scope }) => event === 'token-will-expire' && scope === 'publish'),
      PATIENCE_MS,
      'the warning',
    );
    await bob.waitFor(() => namesOf(seen, 'alice').includes('stream-removed'), PATIENCE_MS, 'the stream to end');
    const failed = await alice.waitFor(
      () => own.find(({ event }) => event === 'stream-failed'),
      PATIENCE_MS,
      'the page to be told',
    );
    assert.equal(failed.uid, 'alice');
    assert.match(failed.reason, /publish/);
    const before = decoded(alice).pictures;
    await alice.waitFor(() => decoded(alice).pictures > before + 20, PATIENCE_MS, 'pictures of bob');
    assert.equal(alice.page.data.status, 'connected');
    assert.ok(tile(bob, 'alice'), 'she is in the room');
    assert.equal(own.filter(({ event }) => event === 'token-will-expire').length, 1);
    assertNoFaults(alice, bob);
  });
});
