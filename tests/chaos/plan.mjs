/**
 * The plan of a run: faults in rounds, all of it decided by the seed. The faults of a round overlap; after it all must
 * be well.
 */

import { KINDS } from './faults.mjs';

const USERS = ['alice', 'bob'];
const PUSHER = 'pusher';
/** Whom a kind of fault may strike. */
const TARGETS = { phone: USERS, media: ['rtmp', 'flv'], pusher: [PUSHER], gateway: ['gateway'] };
/** Where nobody would see what a fault does while that phone is away: bob plays over HTTP-FLV, alice over RTMP. */
const UNSEEN = { alice: ['rtmp', PUSHER], bob: ['flv', PUSHER] };
/** How many faults a round has; chosen evenly. */
const SIZES = [1, 2, 2, 3];
/** Within this, the faults of a round begin. */
const SPREAD_MS = 1500;
/** Rounds that pass while a phone is away for a minute. */
const ROUNDS_AWAY = 12;

/**
 * @typedef {{ number: number, kind: import('./faults.mjs').Kind, target: string, drawn: any, afterMs: number }} Fault
 * @typedef {{ faults: Fault[], back: Fault | null }} Round `back`: a long fault that ends in this round
 * @param {number} count of faults
 * @param {import('./random.mjs').Random} random
 * @returns {Round[]}
 */
export function plan(count, random) {
  const all = kinds(count);
  const deck = random.shuffled(all.filter(({ isLong }) => !isLong));
  const long = all.filter(({ isLong }) => isLong);
  const [common, spacing] = [deck.length, deck.length / Math.max(1, long.length)];
  const rounds = [];
  let number = 0;
  let away = null;
  let [begun, since] = [0, 0];
  const fault = (kind, target, afterMs) => {
    number += 1;
    return { number, kind, target, drawn: kind.draw(random), afterMs };
  };
  while (deck.length || away || begun < long.length) {
    const round = { faults: [], back: null };
    rounds.push(round);
    const free = new Set(Object.values(TARGETS).flat());
    if (away && (!deck.length || rounds.length - since > ROUNDS_AWAY)) {
      round.back = away;
      away = null;
    } else if (!away && begun < long.length && common - deck.length >= begun * spacing) {
      away = fault(long[begun], random.of(USERS), 0);
      round.faults.push(away);
      [begun, since] = [begun + 1, rounds.length];
    }
    const absent = away ?? round.back;
    if (absent) for (const target of [absent.target, ...UNSEEN[absent.target]]) free.delete(target);
    const size = round.faults.length + random.of(SIZES);
    for (let index = 0; index < deck.length && round.faults.length < size; ) {
      const target = targetOf(deck[index], free, random);
      if (target === null) {
        index += 1;
        continue;
      }
      free.delete(target);
      round.faults.push(
        fault(deck.splice(index, 1)[0], target, round.faults.length ? random.between(0, SPREAD_MS) : 0),
      );
    }
  }
  return rounds;
}

function targetOf({ strikes }, free, random) {
  const all = TARGETS[strikes].filter((target) => free.has(target));
  return all.length ? random.of(all) : null;
}

/** Every kind by its share, rounded down; the rest goes to the common ones, one each. */
function kinds(count) {
  const total = KINDS.reduce((sum, { share }) => sum + share, 0);
  const dealt = KINDS.flatMap((kind) => Array(Math.floor((kind.share * count) / total)).fill(kind));
  const common = KINDS.filter(({ isLong }) => !isLong);
  for (let index = 0; dealt.length < count; index += 1) dealt.push(common[index % common.length]);
  return dealt;
}
