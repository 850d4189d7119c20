/**
 * Plans and tables: the same seed gives the same plan, all kinds come, nobody is struck while away; times are counted
 * right.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KINDS } from './faults.mjs';
import { plan } from './plan.mjs';
import { Random } from './random.mjs';
import { idle, percentile, table } from './report.mjs';

const named = ({ kind, ...rest }) => ({ ...rest, kind: kind.name });
const described = (rounds) => JSON.stringify(rounds.map(({ faults, back }) => [faults.map(named), back?.number]));

test('a seed decides everything, and another seed decides otherwise', () => {
  assert.equal(described(plan(100, new Random(5))), described(plan(100, new Random(5))));
  assert.notEqual(described(plan(100, new Random(5))), described(plan(100, new Random(6))));
});

test('every fault has its place: as many as asked for, each kind by its share, no target twice in a round', () => {
  assert.equal(
    KINDS.reduce((sum, { share }) => sum + share, 0),
    100,
  );
  for (const [count, seed] of [
    [1, 1],
    [22, 2],
    [100, 3],
    [250, 4],
    [1000, 5],
  ]) {
    const rounds = plan(count, new Random(seed));
    const faults = rounds.flatMap((round) => round.faults);
    assert.deepEqual(
      faults.map(({ number }) => number),
      Array.from({ length: count }, (_, index) => index + 1),
    );
    if (count >= 100)
      for (const { name, share } of KINDS)
        assert.ok(faults.filter(({ kind }) => kind.name === name).length >= share, name);
    let away = null;
    for (const { faults: own, back } of rounds) {
      const targets = own.map(({ target }) => target);
      assert.equal(new Set(targets).size, targets.length, 'one fault for each target');
      if (back) {
        assert.equal(back, away, 'who comes back was away');
        assert.ok(!targets.includes(back.target) && !targets.includes('pusher'), 'and is left alone');
        away = null;
      }
      if (away) assert.ok(!targets.includes(away.target) && !targets.includes('pusher'), 'nobody is struck while away');
      away = own.find(({ kind }) => kind.isLong) ?? away;
    }
    assert.equal(away, null, 'everybody comes back');
  }
});

test('some faults overlap', () => {
  const rounds = plan(100, new Random(1));
  assert.ok(rounds.filter(({ faults }) => faults.length > 1).length > 20);
});

test('percentiles and the table', () => {
  const times = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.deepEqual(
    [50, 99, 100].map((percent) => percentile(times, percent)),
    [50, 99, 100],
  );
  assert.equal(percentile([7], 99), 7);
  const lines = table([
    { kind: 'b', struck: 2, survived: true, signalingMs: 1000, videoMs: 2000 },
    { kind: 'a', struck: 1, survived: false, signalingMs: null, videoMs: null },
    { kind: 'b', struck: 0, survived: false, signalingMs: null, videoMs: null },
    { kind: 'b', struck: 1, survived: true, signalingMs: null, videoMs: 4000 },
  ]).map((line) => line.trim().split(/\s{2,}/));
  assert.deepEqual(lines[2], ['a', '1', '0', '0', '-', '-', '-', '-', '-', '-']);
  assert.deepEqual(lines[3], ['b', '3', '2', '1', '1.00 s', '1.00 s', '1.00 s', '2.00 s', '4.00 s', '4.00 s']);
  assert.deepEqual(lines.at(-1).slice(0, 4), ['all', '4', '2', '1']);
});

test('a kind that never struck anything is named', () => {
  const outcome = (kind, struck) => ({ kind, struck, survived: struck > 0, signalingMs: null, videoMs: null });
  assert.deepEqual(idle([outcome('a', 0), outcome('b', 0), outcome('a', 1), outcome('c', 2)]), ['b']);
});
