/** What goes wrong for users and developers, one by one: each ends in a notice that says what to do. */

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';

import { hostileGateway } from './hostile-gateway.mjs';
import { PATIENCE_MS, assertNoFaults, connected, copyExample, notice, startGateway, startMeeting } from './support.mjs';

const OTHER_APP = 'abcdefabcdefabcdefabcdef';

/** Enters with something wrong and gives the notice: number and reason, then what the page says in English. */
async function refused(meeting, user, how) {
  const phone = await meeting.enter(user, how);
  const { detail, zh, en } = await notice(phone);
  assert.ok(zh && en, 'people can read it');
  assert.doesNotMatch(detail, /\b001[0-9a-zA-Z]{24}/, 'no token is shown');
  assertNoFaults(phone);
  return `${detail} | ${en}`;
}

test('wrong app id, room and user', async (t) => {
  const meeting = await startMeeting(t);
  const { gateway, room } = meeting;
  assert.match(await refused(meeting, 'a', { query: { appId: 'too-short' } }), /^100001 .*app id/);
  assert.match(
    await refused(meeting, 'b', { query: { appId: OTHER_APP } }),
    /^300008 .*application.* \| .*is for another/,
  );
  assert.match(await refused(meeting, 'c', { query: { room: 'not a room' } }), /^100001 .*room id/);
  assert.match(
    await refused(meeting, 'd', { query: { user: 'not a user' }, token: await gateway.token({ room, user: 'd' }) }),
    /^100001 .*user id/,
  );
  assert.match(
    await refused(meeting, 'e', { token: await gateway.token({ room: 'elsewhere', user: 'e' }) }),
    /^300008 .*room.* \| .*is for another/,
  );
  assert.match(
    await refused(meeting, 'f', { token: await gateway.token({ room, user: 'somebody' }) }),
    /^300008 .*user/,
  );
});

test('tokens that are nonsense, forged, expired, or of another gateway', async (t) => {
  const meeting = await startMeeting(t);
  const { gateway, room } = meeting;
  assert.match(await refused(meeting, 'a', { token: 'nonsense' }), /^300008 .*version 001.* \| This is no token/);
  const good = await gateway.token({ room, user: 'b' });
  const last = good.at(-5) === 'A' ? 'B' : 'A';
  const forged = good.slice(0, -5) + last + good.slice(-4);
  assert.match(await refused(meeting, 'b', { token: forged }), /^300008 .*signature.* \| The signature/);
  const brief = await gateway.token({ room, user: 'c', expire: '1s' });
  await new Promise((resolve) => {
    setTimeout(resolve, 2100);
  });
  assert.match(await refused(meeting, 'c', { token: brief }), /^300008 .*(ended|expired).* \| The token has expired/);
  const stranger = await startGateway(t);
  const foreign = await stranger.token({ room, user: 'd' });
  assert.match(await refused(meeting, 'd', { token: foreign, query: { appId: stranger.app.id } }), /^300008 /);
});

test('a token that may only subscribe', async (t) => {
  const meeting = await startMeeting(t);
  const token = await meeting.gateway.token({ room: meeting.room, user: 'a', publish: false });
  assert.match(await refused(meeting, 'a', { token }), /^300006 .*privilege.* \| .*does not allow publishing/);
  assert.equal(meeting.phones.get('a').page.data.status, 'connected', 'it may stay and watch');
});

test('a full room, by users and by publishers', async (t) => {
  const gateway = await startGateway(t, { config: '[room]\nvisible_members = 2\npublishers = 1\n' });
  const meeting = await startMeeting(t, { gateway });
  await connected(await meeting.enter('a'));
  assert.match(await refused(meeting, 'b', {}), /^300006 .* \| As many users publish as the room allows/);
  assert.match(await refused(meeting, 'c', {}), /^300008 .* \| The room is full/);
});

test('a gateway that is not there, one that hangs, and one that is', async (t) => {
  const meeting = await startMeeting(t);
  assert.match(await refused(meeting, 'a', { query: { gateway: 'ws://127.0.0.1:9/v1' } }), /^500001 .*ECONNREFUSED/);
  assert.match(await refused(meeting, 'b', { query: { gateway: 'http://127.0.0.1:9' } }), /^200003 /);

  const deaf = createServer(() => {});
  await new Promise((resolve) => {
    deaf.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => deaf.close());
  const hung = `ws://127.0.0.1:${deaf.address().port}/v1`;
  const phone = await meeting.enter('c', { query: { gateway: `ws://127.0.0.1:9/v1,${hung},${meeting.gateway.ws}` } });
  await connected(phone);
});

test('the module is missing from the package', async (t) => {
  const example = copyExample(t);
  rmSync(join(example, 'lib/miniapp-rtc.wasm'));
  rmSync(join(example, 'lib/miniapp-rtc.wasm.br'), { force: true });
  rmSync(join(example, 'lib/miniapp-rtc.fallback.js'));
  const meeting = await startMeeting(t, { example });
  const began = Date.now();
  assert.match(await refused(meeting, 'a', {}), /^200005 .*lib\/miniapp-rtc\.wasm/);
  assert.ok(Date.now() - began < PATIENCE_MS / 2, 'no endless loading');
});

test('a gateway that talks nonsense in between is survived', async (t) => {
  const gateway = await startGateway(t);
  const hostile = await hostileGateway(t, gateway.ws);
  const meeting = await startMeeting(t, { gateway });
  const alice = await meeting.enter('alice', { query: { gateway: hostile.ws } });
  await connected(alice);
  await meeting.enter('bob');
  await alice.waitFor(() => alice.page.data.tiles.some((tile) => tile?.uid === 'bob'), PATIENCE_MS, 'bob to be seen');
  assert.ok(hostile.garbage() > 10, 'nonsense was sent');
  assert.equal(alice.page.data.status, 'connected');
  assert.equal(alice.page.data.notice, null);
  assertNoFaults(alice);
});
