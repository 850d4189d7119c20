/** Waits until pictures flow now, not only once before. */

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 30_000;
const MOMENT_MS = 300;
const MOMENTS = 4;

/**
 * @param {{ name: string, pictures: () => Map<string, number> }[]} members phones and web users of a stage
 * @param {number} streams that each of them sees: pictures of all come, moment after moment
 */
export async function flowing(members, streams) {
  const end = Date.now() + PATIENCE_MS;
  const counts = () => members.map((member) => member.pictures());
  for (let [steady, before] = [0, counts()]; steady < MOMENTS; ) {
    assert.ok(Date.now() < end, `pictures of ${streams} to each: ${JSON.stringify(before.map((seen) => [...seen]))}`);
    await pause(MOMENT_MS);
    const now = counts();
    const grown = (seen, known) => [...seen].filter(([stream, count]) => count > (known.get(stream) ?? 0)).length;
    steady = now.every((seen, index) => grown(seen, before[index]) >= streams) ? steady + 1 : 0;
    before = now;
  }
}
