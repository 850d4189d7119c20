/** Several gateways that share their rooms through Redis: a call between two of them outlives either. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decodedFrames } from './meeting.mjs';
import { Nodes } from './nodes.mjs';
import { GATEWAY_BIN, PATIENCE_MS, assertNoFaults, startMeeting, tile } from './support.mjs';

/** Longer than a lease: the others take the node for gone. */
const AWAY_MS = 4_000;
/** From the kill: the lease of 3 s, then new addresses, a push and a play. Half of it is needed. */
const PICTURES_BACK_MS = 8_000;
const ENOUGH = 15;
const LOOK_MS = 20;

test('a node dies under each of two phones in turn: pictures are back, and nobody was told that anybody left', async (t) => {
  const nodes = await Nodes.start({ bin: GATEWAY_BIN, count: 3 });
  t.after(() => nodes.stop());
  const meeting = await startMeeting(t, { gateway: nodes.gateways[0] });
  const phones = [];
  for (const [index, user] of ['alice', 'bob'].entries())
    phones.push(await meeting.enter(user, { query: { gateway: nodes.gatewaysFrom(index + 1) } }));
  const [alice, bob] = phones;
  for (const phone of phones)
    await phone.waitFor(() => decodedFrames(phone) >= ENOUGH, PATIENCE_MS, `${phone.name} to see the other`);

  let leavers = 0;
  const looking = setInterval(() => {
    if (!tile(alice, 'bob') || !tile(bob, 'alice')) leavers += 1;
  }, LOOK_MS);
  t.after(() => clearInterval(looking));
  for (const node of [1, 2]) {
    const killed = Date.now();
    await nodes.replace(node, AWAY_MS);
    // Only now: what a player had received before it lost its connection is long shown.
    const before = new Map(phones.map((phone) => [phone, decodedFrames(phone)]));
    for (const phone of phones) {
      const isBack = () => decodedFrames(phone) >= before.get(phone) + ENOUGH;
      await phone.waitFor(isBack, killed + PICTURES_BACK_MS - Date.now(), `${phone.name} to see again`);
    }
    t.diagnostic(`node ${node} killed: both see for ${ENOUGH} pictures, ${Date.now() - killed} ms after`);
  }
  assert.equal(leavers, 0, 'nobody was told that anybody left');
  assertNoFaults(...phones);
});
