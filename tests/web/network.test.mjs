/** A web user behind bad networks: no UDP, and one packet of twenty lost. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startGateway } from '../e2e/support.mjs';
import { pause } from '../e2e/witness.mjs';
import { startBrowser } from './browser.mjs';
import { Relay, withoutUdp } from './relay.mjs';
import { Room } from './room.mjs';
import { startSite } from './site.mjs';

const SECONDS = 5;
const MEASURED_MS = 10_000;

const ends = [];
const stage = {};
before(async () => {
  const gateway = await startGateway({ after: (end) => ends.push(end) });
  Object.assign(stage, { gateway, browser: await startBrowser(), site: await startSite() });
});
after(() => Promise.all([stage.browser?.close(), stage.site?.close(), ...ends.map((end) => end())]));

/** The transport that a user's connection runs by, as the browser measures it. */
function protocolOf(member, uid) {
  return member.run(async (user_) => {
    const stats = [...(await user.client.statsOf(user_)).values()];
    const pair = stats.find(
      ({ type, state, nominated }) => type === 'candidate-pair' && state === 'succeeded' && nominated,
    );
    return stats.find(({ id }) => id === pair.remoteCandidateId).protocol;
  }, uid);
}

/** What was measured of a stream last, once it is as it should be. */
async function measured(member, uid, isMet) {
  let status;
  for (const end = Date.now() + MEASURED_MS; Date.now() < end; await pause(200)) {
    status = await member.run((user_) => user.client.netStatusOf(user_), uid);
    if (status && isMet(status)) return status;
  }
  return assert.fail(`${uid}: ${JSON.stringify(status)}`);
}

describe('a web user behind a bad network', () => {
  test('sends and receives by TCP where no UDP comes through', async (t) => {
    const room = new Room(t, stage);
    const bob = await room.web('bob', { prepare: withoutUdp });
    const alice = await room.web('alice', { prepare: withoutUdp, hertz: 700 });
    await bob.sees('alice');
    const seen = await bob.watch('alice', SECONDS);
    assert.ok(seen.pictures > SECONDS * 8 && Math.abs(seen.hertz - 700) < 21, JSON.stringify(seen));
    assert.deepEqual([await protocolOf(alice, 'alice'), await protocolOf(bob, 'alice')], ['tcp', 'tcp']);
  });

  test('sees and hears although 5 % of the packets are lost', async (t) => {
    const room = new Room(t, stage);
    const relay = await Relay.start(t);
    const prepare = (page) => relay.stand(page);
    const bob = await room.web('bob', { prepare });
    const alice = await room.web('alice', { prepare, hertz: 700 });
    await bob.sees('alice');
    assert.deepEqual([await protocolOf(alice, 'alice'), await protocolOf(bob, 'alice')], ['udp', 'udp']);
    const before = await bob.watch('alice', SECONDS);
    for (const member of [alice, bob]) {
      const status = await measured(member, 'alice', ({ netQualityLevel }) => netQualityLevel === 1);
      assert.ok(status.videoFPS > 8 && status.netSpeed > 10 && status.videoWidth > 0, JSON.stringify(status));
    }
    relay.loss = 0.05;
    await pause(500);
    const lost = relay.lost;
    const during = await bob.watch('alice', SECONDS);
    for (const member of [alice, bob]) await measured(member, 'alice', ({ netQualityLevel }) => netQualityLevel > 1);
    assert.ok(relay.lost > lost + 20, `${relay.lost - lost} packets lost`);
    t.diagnostic(
      `${before.pictures} pictures without loss, ${during.pictures} with it; ${relay.lost} of ${relay.passed} lost`,
    );
    assert.ok(during.pictures > before.pictures * 0.6, JSON.stringify({ before, during }));
    assert.ok(Math.abs(during.hertz - 700) < 35, JSON.stringify(during));
  });
});
