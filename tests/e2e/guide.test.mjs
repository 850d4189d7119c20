/**
 * The vendor's guide, page and components, on this SDK: a call of two, and how soon it is back after what phones do.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Phone } from '../../simulator/index.js';
import { temporaryFolder } from '../folder.mjs';
import { writeGuideApp } from './guide-app.mjs';
import { assertNoFaults, startGateway } from './support.mjs';
import { flowing, pause } from './witness.mjs';

/** Native tags that try again soon, as WeChat's do. */
const NATIVE = { retryMs: 500, stallMs: 4000 };

/** A user follows the guide: the page is ready, listens, joins and publishes. */
async function enter(t, gateway, user, { events = true } = {}) {
  const root = temporaryFolder(t, 'guide');
  const token = await gateway.token({ room: 'room-1', user });
  writeGuideApp(root, { gateway: gateway.ws, appId: gateway.app.id, token, room: 'room-1', user });
  const phone = await Phone.boot({ root, name: user, platform: 'android', native: NATIVE });
  t.after(() => phone.close());
  await phone.open('/pages/meeting/meeting');
  const { instance } = phone.page;
  instance._handleClientEvents();
  if (events) instance.listenToEvents();
  instance.join();
  instance.publish();
  return phone;
}

async function call(t, how) {
  const gateway = await startGateway(t);
  const [alice, bob] = [await enter(t, gateway, 'alice', how), await enter(t, gateway, 'bob', how)];
  await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);
  return { alice, bob };
}

/** The longest that a call may take to be back after the background, as in `lifecycle.test.mjs`. */
const SHOWN_MS = 5000;
/** After 8 s the tags wait for an order, which comes after 3 s, since most would go on by themselves: 4.5 s in all. */
const ORDERED_MS = 6500;
/** A tag that lost its network waits for its next attempt by itself. */
const ONLINE_MS = 8000;

/** Pictures and sound come in anew on both phones, within so many milliseconds. */
async function back(t, alice, bob, most) {
  const since = Date.now();
  await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);
  const took = Date.now() - since;
  t.diagnostic(`back after ${took} ms`);
  assert.ok(took < most, `after ${took} ms`);
  assertNoFaults(alice, bob);
}

// Calls side by side: each mostly waits.
describe('the page and the components of the guide', { concurrency: 3 }, () => {
  test('as they stand, word by word: a call, and a glance at another app', async (t) => {
    const { alice, bob } = await call(t, { events: false });
    alice.hide();
    await pause(3000);
    alice.show();
    await back(t, alice, bob, SHOWN_MS);
  });

  for (const seconds of [3, 8, 30]) {
    test(`a call is back after ${seconds} s in the background`, async (t) => {
      const { alice, bob } = await call(t);
      alice.hide();
      await pause(seconds * 1000);
      alice.show();
      await back(t, alice, bob, seconds === 8 ? ORDERED_MS : SHOWN_MS);
    });

    test(`a call is back after ${seconds} s without a network`, async (t) => {
      const { alice, bob } = await call(t);
      alice.setNetwork({ isConnected: false });
      await pause(seconds * 1000);
      alice.setNetwork({ isConnected: true, networkType: '4g' }, { cut: 'none' });
      await back(t, alice, bob, ONLINE_MS);
    });
  }
});
