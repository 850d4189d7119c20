/** A gateway that is killed and comes back, under phones and web users: the call goes on. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { GatewayProcess } from '../e2e/gateway-process.mjs';
import { PATIENCE_MS, startGateway } from '../e2e/support.mjs';
import { pause } from '../e2e/witness.mjs';
import { startBrowser } from './browser.mjs';
import { Room } from './room.mjs';
import { startSite } from './site.mjs';

/** A connection begins within a second, but a browser misses one only after 7 s: nobody may wait for that. */
const BACK_MS = 6_000;
/** As long as a slow network holds an offer: the connection of before has failed by then, and a new one is due. */
const HELD_MS = 9_000;

const stage = {};
before(async () => Object.assign(stage, { browser: await startBrowser(), site: await startSite() }));
after(() => Promise.all([stage.browser?.close(), stage.site?.close()]));

/** What the page gives back is of the gateway before, which is away or knows it no more. */
const errors = /status of 404|ERR_CONNECTION/;

/** A call of two web users and, where there is to be one, a phone, in a gateway of its own. */
async function call(t, { withPhone }) {
  const gateway = await startGateway(t);
  const room = new Room(t, { ...stage, gateway });
  const phone = withPhone && (await room.phone('phone', 900));
  await room.web('alice', { errors, hertz: 700 });
  const bob = await room.web('bob', { errors });
  await Promise.all([bob.sees('alice'), ...(phone ? [bob.sees('phone'), phone.sees('alice')] : [])]);
  return { gateway, phone, bob };
}

/** Kills the gateway and starts another on its ports. @returns {Promise<number>} when that one is ready */
async function restart(t, gateway) {
  const { bin, app, ports } = gateway;
  await gateway.crash();
  const next = await GatewayProcess.start({ bin, app, ports });
  t.after(() => next.stop());
  return Date.now();
}

/** When the first picture of a user came that was made after this time, by the clock in it. */
async function pictureAfter(viewer, uid, since) {
  for (const end = Date.now() + PATIENCE_MS; ; await pause(50)) {
    const at = await viewer.run(
      ([key, from]) => user.witnesses[key].pictures.find(({ at: came, age }) => came - age > from)?.at,
      [uid, since],
    );
    if (at) return at;
    assert.ok(Date.now() < end, `${uid} is not seen again within ${PATIENCE_MS} ms`);
  }
}

const isUrlOf = (uid) => (event) => event.event === 'update-url' && event.uid === uid;

describe('a gateway that restarts', () => {
  test('costs a web user no more than a new connection', async (t) => {
    const { gateway, phone, bob } = await call(t, { withPhone: true });
    const { url } = phone.tile('alice');
    const ready = await restart(t, gateway);
    const seen = async (uid) => Math.round((await pictureAfter(bob, uid, ready)) - ready);
    const seenByPhone = async () => {
      await phone.phone.waitFor(() => phone.tile('alice')?.url !== url, PATIENCE_MS, 'another address');
      await phone.sees('alice');
      return Date.now() - ready;
    };
    const [alice, ofPhone, byPhone] = await Promise.all([seen('alice'), seen('phone'), seenByPhone()]);
    const told = `a web user sees another after ${alice} ms and the phone after ${ofPhone} ms, who sees one after ${byPhone} ms`;
    t.diagnostic(told);
    assert.ok(Math.max(alice, ofPhone, byPhone) < BACK_MS, told);
  });

  test('and whose answer is slow is not asked twice because the connection of before breaks', async (t) => {
    const { gateway, bob } = await call(t, { withPhone: false });
    await bob.page.route(/\/whep\?/, async (route) => {
      await pause(HELD_MS);
      await route.continue().catch(() => {});
    });
    const ready = await restart(t, gateway);
    const at = await pictureAfter(bob, 'alice', ready);
    t.diagnostic(`after ${Math.round(at - ready)} ms`);
    assert.equal((await bob.events()).filter((event) => event.at >= ready && isUrlOf('alice')(event)).length, 1);
    assert.ok(at - ready < HELD_MS + BACK_MS, `after ${at - ready} ms`);
  });
});
