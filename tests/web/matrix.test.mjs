/**
 * Who publishes to whom: phones, web users and strangers with RTMP, every pair with picture, tone and their distance.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startGateway } from '../e2e/support.mjs';
import { startBrowser } from './browser.mjs';
import { middle } from './measure.mjs';
import { Room } from './room.mjs';
import { startSite } from './site.mjs';

const SECONDS = 5;
/** A browser's buffers settle in the first seconds. From then on it is good, look after look. */
const GOOD_LOOKS = 2;
const LOOKS = 5;
/** Milliseconds that sound and picture may be apart; people notice about 100 (ITU-R BT.1359). */
const APART_MS = 80;
const TONES = { phone: 640, web: 820, ffmpeg: 500, bot: 560 };
/**
 * What a phone's tag holds a picture for, until it is sent: ffmpeg sees it after 146 ms, one picture of which, 67 ms,
 * it holds itself.
 */
const TAG_MS = 80;
/**
 * Glass to glass, 95 of 100 pictures, at a web user. ffmpeg holds each picture for some time itself, and more on a busy
 * machine.
 */
const LATENCY_MS = { phone: 250 + TAG_MS, web: 350, ffmpeg: 500, bot: 500 };

const ends = [];
const stage = {};
const rows = [];
before(async () => {
  const gateway = await startGateway({ after: (end) => ends.push(end) });
  Object.assign(stage, { gateway, browser: await startBrowser(), site: await startSite() });
});
after(() => Promise.all([stage.browser?.close(), stage.site?.close(), ...ends.map((end) => end())]));

for (const [kind, hertz] of Object.entries(TONES)) {
  test(`what a ${kind} publishes arrives at a phone, a web user, a player of RTMP and a bot`, async (t) => {
    const room = new Room(t, stage);
    const receivers = {
      phone: await room.phone('a-phone'),
      web: await room.web('a-web'),
      ffmpeg: await room.stranger('a-stranger'),
      bot: await room.bot('a-bot'),
    };
    if (kind === 'phone') await room.phone('publisher', hertz);
    else if (kind === 'web') await room.web('publisher', { hertz });
    else if (kind === 'ffmpeg') await (await room.stranger('publisher')).publish(hertz);
    else (await room.bot('publisher')).publish(hertz);

    const row = { from: kind };
    const unsteady = [];
    rows.push(row);
    await Promise.all(
      Object.entries(receivers).map(async ([to, receiver]) => {
        await receiver.sees('publisher');
        const looks = [];
        const isSteady = () =>
          looks.length >= GOOD_LOOKS && looks.slice(-GOOD_LOOKS).every(({ faults }) => !faults.length);
        while (looks.length < LOOKS && !isSteady()) {
          const { ages, ...seen } = await receiver.watch('publisher', SECONDS);
          const look = { ...seen, latency: { p50: middle(ages), p95: middle(ages, 0.95) } };
          looks.push({ ...look, faults: faultsOf(look, hertz, to === 'web' ? LATENCY_MS[kind] : Infinity) });
        }
        row[to] = { ...looks.at(-1), looks };
        if (!isSteady()) unsteady.push(`${kind} to ${to}: ${JSON.stringify(looks)}`);
      }),
    );
    assert.deepEqual(unsteady, [], `not ${GOOD_LOOKS} good looks in a row`);
  });
}

/** What is wrong with what came in {@link SECONDS}. */
function faultsOf({ pictures, flashes, beeps, hertz, lag, latency }, tone, mostLatency) {
  return Object.entries({
    pictures: pictures >= SECONDS * 8,
    flashes: flashes >= SECONDS - 2,
    beeps: beeps >= SECONDS - 2,
    tone: Math.abs(hertz - tone) < tone * 0.03,
    lag: Math.abs(lag) <= APART_MS,
    latency: mostLatency === Infinity || latency.p95 <= mostLatency,
  }).flatMap(([what, isGood]) => (isGood ? [] : [what]));
}

test('the table has no empty cell', (t) => {
  const kinds = Object.keys(TONES);
  const all = (looks, of) => looks.map(of).join(', ');
  const show = ({ pictures, hertz, looks }) =>
    `${pictures} pictures, ${hertz} Hz, sound ${all(looks, ({ lag }) => lag)} ms; glass to glass` +
    ` ${all(looks, ({ latency: { p50, p95 } }) => `${p50} (${p95})`)} ms`;
  for (const row of rows)
    for (const to of kinds) t.diagnostic(`${row.from} to ${to}: ${row[to] ? show(row[to]) : 'EMPTY'}`);
  assert.deepEqual(
    kinds.map((from) => kinds.filter((to) => rows.find((row) => row.from === from)?.[to])),
    kinds.map(() => kinds),
  );
});
