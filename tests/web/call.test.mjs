/** A web user in a call: muting, repair, the screen, and how others hear that it has gone. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { PATIENCE_MS, startGateway } from '../e2e/support.mjs';
import { pause } from '../e2e/witness.mjs';
import { startBrowser } from './browser.mjs';
import { middle } from './measure.mjs';
import { Relay } from './relay.mjs';
import { Room } from './room.mjs';
import { startSite } from './site.mjs';

/** A page that closes says so. */
const FAREWELL_MS = 2_000;
/**
 * One that is killed is noticed by its silence, after 5 s; the stream outlives its media by the gateway's grace time.
 */
const GRACE_MS = 3_000;
const SILENCE_MS = 5_000 + GRACE_MS + 2_000;
/** The browser notices in 5 to 7 s, and waits 2 s more; an address and a connection take a second each. */
const REPAIR_MS = 15_000;
/** What is on its way, or in a buffer, when a mute or its end is known. */
const SETTLED_MS = 1_000;
/** After 3 s without a picture Chromium asks for a key picture. */
const DARK_S = 5;

const ends = [];
const stage = {};
before(async () => {
  const gateway = await startGateway({ after: (end) => ends.push(end) });
  Object.assign(stage, { gateway, browser: await startBrowser(), site: await startSite() });
});
after(() => Promise.all([stage.browser?.close(), stage.site?.close(), ...ends.map((end) => end())]));

/** Picture and tone of alice come to a page and to a phone. */
async function bothComeTo(web, phone) {
  const [seen, decoded] = await Promise.all([web.watch('alice', 3), phone.decoded('alice', 3)]);
  const told = JSON.stringify([seen, decoded]);
  assert.ok(seen.loudness > 0.1 && seen.pictures > 20, told);
  assert.ok(decoded.sounds > 10 && decoded.pictures > 20, told);
}

const isOf = (name, uid) => (event) => event.event === name && event.uid === uid;

describe('a web user in a call', () => {
  test('who receives the high profile, which the answer does not name, decodes it', async (t) => {
    const room = new Room(t, stage);
    const bob = await room.web('bob');
    const stranger = await room.stranger('stranger');
    await stranger.publish(700, 'high');
    await bob.sees('stranger');
    const { pictures, flashes, ages } = await bob.watch('stranger', 5);
    assert.ok(pictures > 50 && flashes >= 3, `${pictures} pictures, ${flashes} flashes`);
    assert.ok(middle(ages, 0.95) < 1000, `${ages.length} pictures, half of them older than ${middle(ages)} ms`);
  });

  test('who mutes is silent and shown as muted, on phones and pages, and comes back', async (t) => {
    const room = new Room(t, stage);
    const [phone, bob] = [await room.phone('phone'), await room.web('bob')];
    const alice = await room.web('alice', { hertz: 700 });
    await Promise.all([bob.sees('alice'), phone.sees('alice')]);
    await bothComeTo(bob, phone);

    await alice.run(() => user.client.muteLocal({ audio: true, video: false }));
    await bob.heard(isOf('mute-audio', 'alice'), 'mute-audio');
    await phone.phone.waitFor(() => phone.tile('alice').audio === false, PATIENCE_MS, 'the tile shows the mute');
    assert.equal(await alice.run(() => user.own().getAudioTracks()[0].enabled), false);
    await pause(SETTLED_MS);
    const [silent, silentAtPhone] = await Promise.all([bob.watch('alice', 3), phone.decoded('alice', 3)]);
    assert.equal(silent.loudness, 0, 'the sound goes on');
    assert.equal(silentAtPhone.sounds, 0, 'the sound goes on at the phone');
    const both = JSON.stringify([silent, silentAtPhone]);
    assert.ok(silent.heard > 100 && silent.pictures > 20 && silentAtPhone.pictures > 20, `pictures go on: ${both}`);

    await alice.run(() => user.client.muteLocal({ audio: false, video: false }));
    await phone.phone.waitFor(() => phone.tile('alice').audio, PATIENCE_MS, 'the tile shows the sound');
    await pause(SETTLED_MS);
    await bothComeTo(bob, phone);
  });

  test('who turns the camera off shows nothing to phones and pages, is heard on, and comes back with new pictures', async (t) => {
    const room = new Room(t, stage);
    const [phone, bob] = [await room.phone('phone'), await room.web('bob')];
    const alice = await room.web('alice', { hertz: 700 });
    await Promise.all([bob.sees('alice'), phone.sees('alice')]);
    await bothComeTo(bob, phone);

    await alice.run(() => user.client.muteLocal({ audio: false, video: true }));
    await bob.heard(isOf('mute-video', 'alice'), 'mute-video');
    await phone.phone.waitFor(() => phone.tile('alice').video === false, PATIENCE_MS, 'the tile shows the mute');
    assert.equal(await alice.run(() => user.own().getVideoTracks()[0].enabled), false);
    await pause(SETTLED_MS);
    const [dark, darkAtPhone] = await Promise.all([bob.watch('alice', DARK_S), phone.decoded('alice', DARK_S)]);
    assert.deepEqual([dark.pictures, darkAtPhone.pictures], [0, 0], 'pictures at the page and at the phone');
    assert.ok(dark.loudness > 0.1 && darkAtPhone.sounds > 0, JSON.stringify([dark, darkAtPhone]));

    await alice.run(() => user.client.muteLocal({ audio: false, video: false }));
    const since = Date.now();
    await phone.phone.waitFor(() => phone.tile('alice').video, PATIENCE_MS, 'the tile shows the picture');
    await bob.page.waitForFunction((from) => user.witnesses.alice.pictures.some(({ at }) => at > from), since);
    const stale = await bob.run(
      (from) => user.witnesses.alice.pictures.filter(({ at, age }) => at > from && at - age < from - 1000),
      since,
    );
    assert.deepEqual(stale, [], 'pictures from before');
    await pause(SETTLED_MS);
    await bothComeTo(bob, phone);
  });

  test('a phone that mutes is silent on a page, and shows no picture, not even an old one', async (t) => {
    const room = new Room(t, stage);
    const [phone, bob] = [await room.phone('phone', 900), await room.web('bob')];
    await bob.sees('phone');
    const before = await bob.watch('phone', 3);
    assert.ok(before.loudness > 0.1 && before.pictures > 20, JSON.stringify(before));

    const tapped = async (button, name) => {
      const since = Date.now();
      phone.tap(button);
      await bob.heard(isOf(name, 'phone'), name, since);
      await pause(SETTLED_MS);
    };
    await tapped('mic', 'mute-audio');
    const silent = await bob.watch('phone', 3);
    assert.equal(silent.loudness, 0, 'the sound goes on');
    assert.ok(silent.heard > 100 && silent.pictures > 20, JSON.stringify(silent));

    await tapped('mic', 'unmute-audio');
    await tapped('camera', 'mute-video');
    const dark = await bob.watch('phone', DARK_S);
    assert.equal(dark.pictures, 0, 'pictures come');
    assert.ok(dark.loudness > 0.1, JSON.stringify(dark));

    // A stream without tracks is none.
    await tapped('mic', 'stream-removed');
    const nothing = await bob.watch('phone', 3);
    assert.deepEqual([nothing.pictures, nothing.loudness], [0, 0], JSON.stringify(nothing));

    await tapped('camera', 'stream-added');
    await tapped('mic', 'unmute-audio');
    const after = await bob.watch('phone', 3);
    assert.ok(after.loudness > 0.1 && after.pictures > 20, JSON.stringify(after));
  });

  test('a broken connection is repaired: the publisher gets a new address, the same MediaStream goes on', async (t) => {
    const room = new Room(t, stage);
    const relay = await Relay.start(t);
    // The server may have ended what the page gives back.
    const how = { prepare: (page) => relay.stand(page), errors: /status of 404/ };
    const bob = await room.web('bob', how);
    const alice = await room.web('alice', { ...how, hertz: 700 });
    await bob.sees('alice');
    const objects = await bob.run(() => {
      globalThis.first = user.streams.alice;
      return user.client.state;
    });
    assert.equal(objects, 'connected');

    const broken = Date.now();
    relay.breakAll();
    await Promise.all([
      alice.heard(isOf('update-url', 'alice'), 'the new address', broken, REPAIR_MS),
      bob.heard(isOf('update-url', 'alice'), 'the new address', broken, REPAIR_MS),
    ]);
    await bob.page.waitForFunction(
      (since) => user.witnesses.alice.pictures.some(({ at }) => at > since),
      broken + 3_000,
      { timeout: REPAIR_MS },
    );
    await pause(500);
    const after = await bob.watch('alice', 3);
    assert.ok(after.pictures > 20 && after.loudness > 0.1, JSON.stringify(after));
    assert.equal(await bob.run(() => user.streams.alice === globalThis.first), true);
    const gap = await bob.run(
      (since) => user.witnesses.alice.pictures.find(({ at }) => at > since + 1000).at - since,
      broken,
    );
    t.diagnostic(`pictures again after ${Math.round(gap)} ms`);
    assert.deepEqual(
      (await bob.events()).filter(({ event }) => event === 'stream-failed'),
      [],
    );
  });

  test('a screen is published beside the camera, a phone sees it, and the browser may end it', async (t) => {
    const room = new Room(t, stage);
    const phone = await room.phone('phone');
    const alice = await room.web('alice', { hertz: 700 });
    await phone.sees('alice');
    await alice.page.bringToFront();
    const tracks = await alice.run(() => user.publish(undefined, true));
    assert.ok(tracks.some(({ kind }) => kind === 'video'));
    await phone.phone.waitFor(() => phone.tile('alice', true)?.url, PATIENCE_MS, 'the tile of the screen');
    await phone.seesScreen('alice');
    // The bar of the browser ends the track; a script that does it makes no event.
    await alice.run(() => {
      const [track] = user.own().getVideoTracks();
      track.stop();
      track.dispatchEvent(new Event('ended'));
    });
    await phone.phone.waitFor(() => !phone.tile('alice', true)?.url, PATIENCE_MS, 'the screen to go');
    const stopped = (event) => event.event === 'stream-control' && event.action === 'stop' && event.screen;
    await alice.heard(stopped, 'the page hears that it stopped');
    assert.ok(phone.tile('alice').url, 'the camera goes on');
  });

  test('a tab that is closed leaves at once', async (t) => {
    const room = new Room(t, stage);
    const bob = await room.web('bob');
    const alice = await room.web('alice', { hertz: 700 });
    await bob.sees('alice');
    const closed = Date.now();
    await alice.page.close({ runBeforeUnload: true });
    const { at } = await bob.heard(isOf('peer-leave', 'alice'), 'that alice left', closed, FAREWELL_MS);
    t.diagnostic(`heard after ${at - closed} ms`);
  });

  test('a browser that is killed is missed within the limit', async (t) => {
    const gateway = await startGateway(t, { config: `[times]\nmedia_grace_ms = ${GRACE_MS}\n` });
    const room = new Room(t, { ...stage, gateway });
    const bob = await room.web('bob', { errors: /status of 404/ });
    const other = await startBrowser();
    t.after(() => other.close());
    const alice = await room.web('alice', { hertz: 700, browser: other });
    await bob.sees('alice');
    const killed = Date.now();
    await alice.page.goto('chrome://crash').catch(() => {});
    const { at } = await bob.heard(isOf('stream-removed', 'alice'), 'that the stream is gone', killed, SILENCE_MS);
    t.diagnostic(`heard after ${at - killed} ms`);
  });

  test('addresses without a ticket, with a bad one and of nobody are refused', async (t) => {
    const room = new Room(t, stage);
    const stranger = await room.stranger('stranger');
    const whip = await stranger.address('publish', 'whip');
    const bob = await room.web('bob', { errors: /status of 4/ });
    const post = (url, type = 'application/sdp', body = 'v=0') =>
      bob.run(
        async ([address, kind, text]) => {
          const answer = await fetch(address, { method: 'POST', headers: { 'content-type': kind }, body: text });
          return [answer.status, (await answer.json()).error.message];
        },
        [url, type, body],
      );
    const bare = whip.split('?')[0];
    const bent = whip.replace(/ticket=(.)/, (_, first) => `ticket=${first === 'A' ? 'B' : 'A'}`);
    for (const [what, status, asked] of [
      ['no ticket', 401, () => post(bare)],
      ['a bent ticket', 403, () => post(bent)],
      ['no SDP', 400, () => post(whip)],
      ['another content', 415, () => post(whip, 'text/plain')],
      ['too long', 413, () => post(whip, 'application/sdp', 'a'.repeat(70_000))],
    ]) {
      const [said, message] = await asked();
      assert.equal(said, status, `${what}: ${message}`);
      assert.ok(message.length > 10 && !message.includes('ticket='), message);
    }
    const alice = await room.web('alice', { hertz: 700 });
    await stranger.sees('alice');
    const whep = await stranger.address('subscribe', 'whep', { user: 'alice' });
    await alice.run(() => user.client.unpublish());
    await bob.heard(isOf('stream-removed', 'alice'), 'the end of the stream');
    const [gone, message] = await post(whep);
    assert.ok(gone === 404 || gone === 403, `${gone}: ${message}`);
  });
});
