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
/** A browser's buffers settle in the first seconds; so long at most. */
const LOOKS = 3;
/** Milliseconds that sound and picture may be apart; people notice about 100 (ITU-R BT.1359). */
const APART_MS = 80;
const TONES = { phone: 640, web: 820, ffmpeg: 500, bot: 560 };
/**
 * Glass to glass, 95 of 100 pictures, at a web user. ffmpeg holds each picture for some time itself, and more on a busy
 * machine; a phone's tag is two of them.
 */
const LATENCY_MS = { phone: 500, web: 350, ffmpeg: 500, bot: 500 };

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
    rows.push(row);
    await Promise.all(
      Object.entries(receivers).map(async ([to, receiver]) => {
        await receiver.sees('publisher');
        for (let look = 0; look < LOOKS; look += 1) {
          const { ages, ...seen } = await receiver.watch('publisher', SECONDS);
          row[to] = { ...seen, looks: look + 1, latency: { p50: middle(ages), p95: middle(ages, 0.95) } };
          if (Math.abs(seen.lag) <= APART_MS && (to !== 'web' || row.web.latency.p95 <= LATENCY_MS[kind])) break;
        }
      }),
    );
    for (const to of Object.keys(receivers)) {
      const cell = `${kind} to ${to}: ${JSON.stringify(row[to])}`;
      assert.ok(row[to].pictures >= SECONDS * 8, `pictures, ${cell}`);
      assert.ok(row[to].flashes >= SECONDS - 2 && row[to].beeps >= SECONDS - 2, `flashes and beeps, ${cell}`);
      assert.ok(Math.abs(row[to].hertz - hertz) < hertz * 0.03, `a tone of ${hertz} Hz, ${cell}`);
      assert.ok(Math.abs(row[to].lag) <= APART_MS, `sound within ${APART_MS} ms of the picture, ${cell}`);
    }
    assert.ok(row.web.latency.p95 <= LATENCY_MS[kind], `latency ${JSON.stringify(row.web.latency)}`);
  });
}

test('the table has no empty cell', (t) => {
  const kinds = Object.keys(TONES);
  const show = ({ pictures, hertz, lag, looks, latency: { p50, p95 } }) =>
    `${pictures} pictures, ${hertz} Hz, sound ${lag} ms${looks > 1 ? `, at look ${looks}` : ''}; glass to glass ${p50}, ${p95} ms`;
  for (const row of rows)
    for (const to of kinds) t.diagnostic(`${row.from} to ${to}: ${row[to] ? show(row[to]) : 'EMPTY'}`);
  assert.deepEqual(
    kinds.map((from) => kinds.filter((to) => rows.find((row) => row.from === from)?.[to])),
    kinds.map(() => kinds),
  );
});
