/**
 * Connections that break: sockets found dead, the session resumed, streams brought back, and nobody sees anyone leave.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { PATIENCE_MS, assertNoFaults, startGateway, tile } from './support.mjs';
import { flowing, namesOf, pause, watchedCall } from './witness.mjs';

// Calls side by side: each mostly waits.
describe('connections that break', { concurrency: 2 }, () => {
  test('sockets that die without a word: found, resumed, nobody left, and the next event arrives', async (t) => {
    const { alice, bob, own, seen } = await watchedCall(t);
    alice.cutSockets({ silent: true });
    await alice.waitFor(
      () => own.some(({ current }) => current === 'reconnecting'),
      PATIENCE_MS,
      'the loss to be found',
    );
    await alice.waitFor(() => alice.page.data.status === 'connected', PATIENCE_MS, 'the connection');
    bob.page.find('#mic').tap();
    await alice.waitFor(() => !tile(alice, 'bob').audio, PATIENCE_MS, 'an event of bob');
    await Promise.all([flowing(bob, 'alice')]);
    assert.deepEqual(namesOf(seen, 'alice'), []);
    assert.equal(alice.page.data.notice, null);
    assertNoFaults(alice, bob);
  });

  test('another network: the dead socket is found at once, streams come back, nobody left', async (t) => {
    const { alice, bob, own, seen } = await watchedCall(t);
    alice.setNetwork({ networkType: '4g' }, { cut: 'silent' });
    await alice.waitFor(() => own.some(({ current }) => current === 'reconnecting'), 3000, 'the loss to be found');
    await alice.waitFor(() => alice.page.data.status === 'connected', 3000, 'the connection');
    await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);
    assert.deepEqual(
      namesOf(seen, 'alice').filter((event) => event.startsWith('peer')),
      [],
    );
    assertNoFaults(alice, bob);
  });

  test('no network for a while, then weak: nothing is tried meanwhile, and all comes back', async (t) => {
    const { alice, bob, seen } = await watchedCall(t);
    let attempts = 0;
    alice.onEvent(({ kind, what }) => {
      if (kind === 'socket' && ['open', 'failed', 'refused'].includes(what)) attempts += 1;
    });
    alice.setNetwork({ isConnected: false });
    await alice.waitFor(() => alice.page.data.status === 'reconnecting', PATIENCE_MS, 'the loss to be found');
    // An attempt that the news overtook.
    await pause(500);
    attempts = 0;
    await pause(3000);
    assert.equal(attempts, 0);
    alice.setNetwork({ isConnected: true, networkType: '3g', weakNet: true }, { cut: 'none' });
    await alice.waitFor(() => alice.page.data.status === 'connected', 2000, 'the connection');
    await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);
    alice.setNetwork({ weakNet: false });
    assert.deepEqual(
      namesOf(seen, 'alice').filter((event) => event.startsWith('peer')),
      [],
    );
    assertNoFaults(alice, bob);
  });

  test('a gateway that dies and is started again: whoever is back first sees nobody leave and come, and all streams go on', async (t) => {
    const { gateway, alice, bob, own, seen } = await watchedCall(t);
    const { app, ports } = gateway;
    await gateway.crash();
    await pause(3000);
    await startGateway(t, { app, ports });
    const upAt = Date.now();
    await Promise.all(
      [alice, bob].map((phone) =>
        phone.waitFor(() => phone.page.data.status === 'connected', PATIENCE_MS, 'the connection'),
      ),
    );
    assert.ok(Date.now() - upAt < 3500, `back after ${Date.now() - upAt} ms`);
    await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);
    const comings = (events, uid) =>
      namesOf(events, uid).filter((event) => /^(peer|stream-(added|removed|failed))/.test(event));
    assert.deepEqual([comings(seen, 'alice'), comings(own, 'bob')], [[], []]);
    assertNoFaults(alice, bob);
  });
});
