/** Web pages that play HTTP-FLV with mpegts.js: what its users would see of the gateway's media server. */

import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';

import { startGateway } from '../e2e/support.mjs';
import { pause } from '../e2e/witness.mjs';
import { Browser } from './browser.mjs';
import { Call } from './call.mjs';
import { Encoder, pushWithFfmpeg } from './encoder.mjs';
import { startSite } from './site.mjs';

let gateway;
let browser;
let site;
const ends = [];
before(async () => {
  gateway = await startGateway({ after: (end) => ends.push(end) });
  [browser, site] = await Promise.all([Browser.start(), startSite()]);
});
after(() => Promise.all([browser?.close(), site?.close(), ...ends.map((end) => end())]));

/**
 * Sound comes slowly: without this, as mpegts.js' own page on live streams says, it collects two seconds of it first.
 */
const LIVE = { enableStashBuffer: false };

const shows = ({ width, pictures }) => width > 0 && pictures > 2;

/** Waits until alice's encoder has warmed up and pictures come. */
async function flowing(t, call) {
  const page = await watch(t, await call.subscribe());
  await page.until(shows, 10_000, 'the first picture');
}

/** A page that plays this address of bob's. */
async function watch(t, url, settings = LIVE) {
  const page = await browser.open(t, site.address);
  await page.play(url, settings);
  return page;
}

test('what a page has subscribed to plays within a second', async (t) => {
  const call = await Call.start(t, gateway);
  pushWithFfmpeg(t, await call.publish());
  await flowing(t, call);
  for (const wanted of [
    { audio: true, video: true },
    { audio: true, video: false },
    { audio: false, video: true },
  ]) {
    await t.test(JSON.stringify(wanted), async (t) => {
      const page = await watch(t, await call.subscribe(wanted));
      const { since, pictures, sound } = await page.until(
        (player) => player.time > 0 && (!wanted.video || shows(player)),
        1000,
        'it plays',
      );
      assert.deepEqual([sound > 0, pictures > 0], [wanted.audio, wanted.video]);
      t.diagnostic(`after ${Math.round(since)} ms`);
      await page.goesOn(wanted, 2000, 'it goes on');
    });
  }
});

// Calls side by side: each mostly waits.
describe('a page that plays HTTP-FLV with mpegts.js', { concurrency: 3 }, () => {
  test('a camera that is switched on later is seen within three seconds', async (t) => {
    const call = await Call.start(t, gateway);
    const encoder = new Encoder(t, { camera: false });
    await encoder.connect(await call.publish());
    const url = await call.subscribe();
    // By then it is known that there are no pictures.
    await pause(1500);
    const page = await watch(t, url);
    await page.goesOn({ video: false }, 3000, 'the sound');
    call.follow(page);
    encoder.camera = true;
    await page.until(shows, 3000, 'the picture');
    await page.goesOn({}, 2000, 'it goes on');
  });

  test('pictures that are wanted later are seen within three seconds', async (t) => {
    const call = await Call.start(t, gateway);
    pushWithFfmpeg(t, await call.publish());
    await flowing(t, call);
    const page = await watch(t, await call.subscribe({ video: false }));
    await page.goesOn({ video: false }, 3000, 'the sound');
    call.follow(page);
    await call.bob.muteRemote('alice', { audio: false, video: false });
    await page.until(shows, 3000, 'the picture');
    await page.goesOn({}, 2000, 'it goes on');
  });

  test('a clock that jumps stops no player', async (t) => {
    const call = await Call.start(t, gateway);
    const encoder = new Encoder(t);
    await encoder.connect(await call.publish());
    const page = await watch(t, await call.subscribe());
    await page.until(shows, 3000, 'the picture');
    for (const jump of [-500, 500, -5000, 5000, -60_000, 60_000, -3_600_000, 3_600_000]) {
      encoder.jump(jump);
      await pause(1000);
      await page.goesOn({}, 2000, `it goes on after a jump of ${jump} ms`);
    }
    const { time, since } = await page.progress();
    assert.ok(time < since / 1000 + 1 && time > since / 1000 - 4, `${time} s played of ${since / 1000}`);
  });

  test('a publisher that connects anew, with a clock of its own, stops no player', async (t) => {
    const call = await Call.start(t, gateway);
    const encoder = new Encoder(t);
    const url = await call.publish();
    await encoder.connect(url);
    const page = await watch(t, await call.subscribe());
    await page.until(shows, 3000, 'the picture');
    for (const jump of [-3_000_000, 2_000_000]) {
      encoder.disconnect();
      encoder.jump(jump);
      await pause(2000);
      await encoder.connect(url);
      await page.goesOn({}, 3000, 'it goes on');
      await pause(1000);
      await page.goesOn({}, 1000, 'and on');
    }
  });

  test('a page that comes late sees a picture within two seconds, where key frames come every fifteen', async (t) => {
    const call = await Call.start(t, gateway);
    pushWithFfmpeg(t, await call.publish(), ['-g', '375', '-keyint_min', '375', '-sc_threshold', '0']);
    const url = await call.subscribe();
    await pause(12_000);
    const page = await watch(t, url);
    await page.until(shows, 2000, 'the picture');
  });

  const OFF = { audio: { audio: true, video: false }, video: { audio: false, video: true } };
  for (const [track, off] of Object.entries(OFF)) {
    test(`${track} that is muted is gone, the other track goes on, and it comes back`, async (t) => {
      const call = await Call.start(t, gateway);
      pushWithFfmpeg(t, await call.publish(), ['-g', '25']);
      await flowing(t, call);
      const page = await watch(t, await call.subscribe());
      await page.goesOn({}, 3000, 'picture and sound');
      call.follow(page);
      await call.alice.muteLocal(off);
      await pause(1000);
      const others = { audio: !off.audio, video: !off.video };
      const muted = await page.goesOn(others, 2000, 'the other track goes on');
      // Longer than what a browser may hold of a track.
      await pause(4000);
      const later = await page.goesOn(others, 500, 'and on');
      const came = ({ pictures, sound }) => ({ pictures, sound })[off.video ? 'pictures' : 'sound'];
      assert.equal(came(later), came(muted), `${track} has come while it was muted`);
      await call.alice.muteLocal({ audio: false, video: false });
      await page.until((player) => shows(player) && player.sound > 0, 4000, `the ${track} is back`);
      await page.goesOn({}, 2000, 'all goes on');
    });
  }

  test('a page hears and sees nothing while both are muted, and goes on then, by the connection it has', async (t) => {
    const call = await Call.start(t, gateway);
    pushWithFfmpeg(t, await call.publish(), ['-g', '25']);
    await flowing(t, call);
    const page = await watch(t, await call.subscribe());
    await page.goesOn({}, 3000, 'picture and sound');
    await call.alice.muteLocal({ audio: true, video: true });
    // What was under way is played.
    await pause(2000);
    const { pictures, sound } = await page.progress();
    await pause(2000);
    const later = await page.progress();
    assert.deepEqual([later.pictures, later.sound], [pictures, sound]);
    await call.alice.muteLocal({ audio: false, video: false });
    await page.goesOn({}, 3000, 'both are back');
  });

  test('a page that asks before it plays is let in', async (t) => {
    const call = await Call.start(t, gateway);
    pushWithFfmpeg(t, await call.publish());
    await flowing(t, call);
    const url = await call.subscribe();
    const page = await watch(t, url, { ...LIVE, headers: { 'x-player': 'one' } });
    await page.until(shows, 2000, 'the picture');
    const asked = await fetch(url, { method: 'OPTIONS', headers: { 'access-control-request-headers': 'x-player' } });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.get('access-control-allow-origin'), '*');
  });
});
