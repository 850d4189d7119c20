/** The run that belongs to the tests: a hundred faults of one seed. Other seeds: `cargo xtask chaos`. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { liveProcesses } from '../../simulator/index.js';
import { chaos } from './spectacle.mjs';

const FAULTS = 100;
const SEED = 1;
/** Faults that may find nothing to strike, as others have struck it just before. */
const MOST_IDLE = 3;

test(`a call survives ${FAULTS} faults, and no event is lost or repeated`, async () => {
  const { outcomes, violations } = await chaos({ faults: FAULTS, seed: SEED, say: (line) => console.log(line) });
  assert.deepEqual(violations, []);
  assert.equal(outcomes.length, FAULTS);
  assert.ok(outcomes.every(({ struck, survived }) => survived || !struck));
  assert.ok(
    outcomes.filter(({ struck }) => struck).length >= FAULTS - MOST_IDLE,
    'nearly all of them struck something',
  );
  assert.equal(liveProcesses(), 0, 'no encoder or player is left');
});
