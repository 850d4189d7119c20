/** When a fault cannot strike, it does not, and says why; and a fault is not told of what another one does. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EXAMPLE } from '../e2e/support.mjs';
import { MEETING, StageService } from '../e2e/stage-service.mjs';
import { Recovery } from '../../simulator/stage/recovery.js';
import { Stage } from '../../simulator/stage/stage.js';
import { BIN } from './opened.mjs';

const JOINS_MS = 20_000;

async function startStage(t, inCall) {
  const service = await StageService.start(BIN, MEETING);
  t.after(() => service.stop());
  const runs = [];
  const stage = await Stage.start({
    root: EXAMPLE,
    service,
    phones: 1,
    ...(inCall && { page: (user) => service.addressOf(user) }),
    onRun: (run) => runs.push(run),
  });
  t.after(() => stage.close());
  const { phone } = stage.phones.get('alice');
  if (inCall)
    await phone.waitFor(() => phone.page?.data.status === 'connected' && phone.stats().pusher, JOINS_MS, 'the join');
  /** @returns {any} how the newest run of a fault stands */
  const last = (fault) => runs.findLast((run) => run.fault === fault);
  return { stage, service, phone, last };
}

test('before anybody has joined: what needs a call says so, and what does not is over, not recovered', async (t) => {
  const { stage, phone, last } = await startStage(t, false);
  for (const fault of [
    'code--1307',
    'code--2301',
    'code-5000',
    'silent-socket',
    'token-30',
    'duplicate-login',
    'kick',
  ]) {
    await stage.strike(fault, 'alice');
    assert.deepEqual([last(fault).state, last(fault).reason], ['failed', 'in-no-room'], fault);
    assert.match(last(fault).problem, /join one first/);
  }
  await stage.strike('phone-call', 'alice');
  await phone.waitFor(() => last('phone-call').state === 'over', JOINS_MS, 'the end of the call');
});

test('a phone in the background is not sent there again, and a gateway is not started twice at a time', async (t) => {
  const { stage, service, phone, last } = await startStage(t, true);
  await stage.strike('code--2301', 'alice');
  assert.equal(last('code--2301').reason, 'no-player', 'alone in the room');
  const away = stage.strike('background-10', 'alice');
  await stage.strike('background-60', 'alice');
  assert.deepEqual([last('background-60').state, last('background-60').reason], ['failed', 'in-background']);
  const restarts = Promise.all([stage.strike('gateway-restart', 'alice'), stage.strike('gateway-restart', 'alice')]);
  assert.equal(last('gateway-restart').reason, 'under-way');
  await restarts;
  assert.equal(last('gateway-restart').problem, null);
  assert.equal((await service.health()).status, 'ok');
  await away;
  assert.ok(phone.visible);
});

test('a loss is told of the newest fault alone, and what is back stays back in the older one', (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setInterval'], now: 1_000_000 });
  const alice = { name: 'alice', isUp: true, pictures: () => new Map() };
  const recovery = new Recovery(() => [alice]);
  t.after(() => recovery.stop());
  const told = {};
  const begin = (fault) =>
    recovery.begin({ id: 1, fault, phone: 'alice' }, (run) => Object.assign(told, { [fault]: run }));
  const older = begin('older');
  const set = (isUp) => {
    alice.isUp = isUp;
    t.mock.timers.tick(100);
  };
  set(false);
  recovery.ended(older);
  set(true);
  const back = told.older.phones[0].signalBackS;
  assert.ok(back > 0);
  const newer = begin('newer');
  set(false);
  assert.deepEqual([told.older.phones[0].signalBackS, told.newer.phones[0].signalBackS], [back, null]);
  set(true);
  recovery.ended(newer);
  t.mock.timers.tick(3000);
  assert.deepEqual([told.older.state, told.newer.state], ['recovered', 'recovered']);
});

test('pictures are away and back by their count, and whoever has gone is not waited for', (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setInterval'], now: 1_000_000 });
  const counts = { alice: 0, web: 0 };
  const moving = new Set(['alice', 'web']);
  const members = new Map(
    ['alice', 'web'].map((name) => [name, { name, isUp: true, pictures: () => new Map([['bob', counts[name]]]) }]),
  );
  const recovery = new Recovery(() => members.values());
  t.after(() => recovery.stop());
  const pass = (milliseconds) => {
    for (let at = 0; at < milliseconds; at += 50) {
      for (const name of moving) counts[name] += 1;
      t.mock.timers.tick(50);
    }
  };
  pass(200);
  let run;
  const begun = recovery.begin({ id: 1, fault: 'f', phone: 'alice' }, (told) => {
    run = told;
  });
  const seen = (name) => run.phones.find((one) => one.name === name);
  assert.ok(seen('alice').hadPicture && seen('web').hadPicture);
  moving.clear();
  pass(1000);
  assert.ok(seen('alice').pictureAway && seen('web').pictureAway);
  recovery.ended(begun);
  moving.add('alice');
  pass(3000);
  assert.equal(run.state, 'recovering', 'the web user is waited for');
  assert.ok(seen('alice').pictureBackS < 0.2, JSON.stringify(run));
  members.delete('web');
  pass(200);
  assert.deepEqual([run.state, seen('web').gone, seen('web').pictureBackS], ['recovered', true, null]);
});
