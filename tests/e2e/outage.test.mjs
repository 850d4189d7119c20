/**
 * A gateway that was away: how soon its clients are back once it is there again, and what they are told of each other.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pause, start } from '../glue/phone.mjs';
import { startGateway } from './support.mjs';

const PHONES = 8;
/** As many sockets as WeChat gives a mini-program. */
const CLIENTS = 5;

test('forty clients are back within three seconds after an outage, and nobody was gone', async (t) => {
  let gateway = await startGateway(t);
  const { app, ports } = gateway;
  const stages = await Promise.all(Array.from({ length: PHONES }, () => start(t)));
  const told = [];
  const clients = await Promise.all(
    stages.flatMap(({ sdk }, phone) =>
      Array.from({ length: CLIENTS }, async (_, i) => {
        const client = new sdk.Client();
        const user = `user-${phone}-${i}`;
        await client.init(app.id, { gateway: gateway.ws, logLevel: 'silent' });
        // A room has a place for one of each phone.
        const room = `room-${i}`;
        await client.join(await gateway.token({ room, user }), room, user);
        return client;
      }),
    ),
  );
  await pause(1000);
  for (const client of clients) {
    for (const event of ['peer-online', 'peer-leave']) client.on(event, ({ uid }) => told.push(`${event} ${uid}`));
  }

  const waits = [];
  for (const outage of [3000, 6500]) {
    await gateway.crash();
    await pause(outage);
    gateway = await startGateway(t, { app, ports });
    const upAt = Date.now();
    await Promise.all(
      clients.map(async (client) => {
        while (client.state !== 'connected') await pause(20);
        waits.push(Date.now() - upAt);
      }),
    );
    await pause(500);
  }
  waits.sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((part) => waits[Math.ceil(waits.length * part) - 1]);
  t.diagnostic(`back after ${p50} ms (p50), ${p99} ms (p99), of ${waits.length}`);
  assert.ok(p99 <= 3000, `p99 is ${p99} ms`);
  assert.deepEqual(told, []);
});
