/** Every button of the stage: what it does to a phone is over some time, and then both phones are back. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { EXAMPLE } from '../e2e/support.mjs';
import { MEETING, StageService } from '../e2e/stage-service.mjs';
import { FAULTS } from '../../simulator/stage/faults.js';
import { Stage } from '../../simulator/stage/stage.js';
import { flowing } from './flowing.mjs';
import { BIN } from './opened.mjs';

const OVER = ['recovered', 'not-back', 'failed'];
/** Side by side, each in a room and a gateway of its own: they mostly wait. */
const LANES = [
  ['background-60', 'code--2301', 'code-5000'],
  ['token-30', 'weak-network', 'silent-socket'],
  ['phone-call', 'background-10', 'gateway-restart'],
];
/** These the tests of the page and of web users strike. */
const ELSEWHERE = ['code--1307', 'cut-network', 'duplicate-login', 'kick'];

test('no fault is left out', () => {
  assert.deepEqual([...LANES.flat(), ...ELSEWHERE].sort(), FAULTS.map(({ id }) => id).sort());
});

describe('both phones recover', { concurrency: LANES.length }, () => {
  for (const lane of LANES) {
    test(lane.join(', '), async (t) => {
      const service = await StageService.start(BIN, MEETING);
      t.after(() => service.stop());
      const news = [];
      const stage = await Stage.start({
        root: EXAMPLE,
        service,
        page: (user) => service.addressOf(user),
        onRun: (run) => news.push(run),
      });
      t.after(() => stage.close());
      const phones = [...stage.phones.values()];
      for (const fault of lane) {
        await flowing(phones, 1);
        await stage.strike(fault, 'alice');
        await phones[0].phone.waitFor(() => OVER.includes(news.at(-1)?.state), 100_000, `the recovery from ${fault}`);
        const run = news.at(-1);
        assert.equal(run.state, 'recovered', `${fault}: ${JSON.stringify(run)}`);
        for (const seen of run.phones) {
          assert.ok(seen.hadPicture, `${fault}: ${seen.name} had a picture`);
          assert.equal(seen.pictureAway, seen.pictureBackS !== null, `${fault}: ${JSON.stringify(seen)}`);
        }
        t.diagnostic(
          `${fault}: ${run.phones.map(({ name, pictureBackS, signalBackS }) => `${name} picture ${pictureBackS ?? 'stays'}, signaling ${signalBackS ?? 'stays'}`).join('; ')}`,
        );
        // A player that gave up is there again within a picture's time or two.
        assert.ok(
          run.phones.some((seen) => seen.pictureAway || seen.signalAway) || fault === 'code--2301',
          `${fault} shows`,
        );
      }
      for (const { phone } of phones) assert.deepEqual(phone.faults, [], phone.name);
    });
  }
});
