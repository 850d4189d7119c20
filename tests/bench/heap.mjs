/**
 * The heap over an hour of call, in virtual time: four others come, go, mute and unmute; every tag measures its stream
 * every two seconds; the client pings and is pinged.
 *
 *     node --expose-gc --no-opt --no-sparkplug --no-flush-bytecode heap.mjs --minutes N
 *
 * Without the engine's own compiling, because what it compiles lies in the same heap and comes over hours.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { StubPhone, netStatus, stream } from './phone-stub.mjs';
import { SDK } from './places.mjs';
import { print } from './rows.mjs';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } });
const minutes = Number(values.minutes);
/** What the engine and the code are given to grow to their lasting size. */
const WARM_UP_MINUTES = 60;
/** Noise of the collector. A leak of 4 bytes for each report alone would pass it within the hour. */
const TOLERATED = 32 * 1024;
const PEERS = ['ann', 'bob', 'cat', 'dan'];

const settle = () =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
const phone = new StubPhone(readFileSync(SDK.script, 'utf8'), readFileSync(SDK.module));
const client = await phone.join();
const { gateway } = phone;
const tell = (event, body) => gateway.deliver(gateway.event(event, body));
const count = { events: 0, reports: 0 };
for (const name of Object.values(phone.sdk.EVENTS))
  client.on(name, () => {
    count.events += 1;
  });
await client.publish();
client.reportPusherStateChange(1002, 'pushing');

await call(WARM_UP_MINUTES);
const before = weigh();
await call(minutes);
const after = weigh();

if (client.state !== 'connected') throw new Error(`the call did not last: ${client.state}`);
const script = after.script - before.script;
const module = after.module - before.module;
const how =
  `${minutes} virtual minutes, after ${WARM_UP_MINUTES} to warm up; ${count.events} events, ${count.reports} reports and ` +
  `${gateway.sent} sent frames in both`;
const grown = (bytes, limit) => (bytes > limit ? `grew by ${bytes} bytes` : undefined);
print([
  {
    what: 'JavaScript heap, growth in a call',
    unit: 'B',
    ours: script,
    how: `${how}; now ${after.script} B`,
    fault: grown(script, TOLERATED),
  },
  {
    what: 'module memory, growth in a call',
    unit: 'B',
    ours: module,
    how: `the same; now ${after.module} B`,
    fault: grown(module, 0),
  },
]);
process.exit(0);

async function call(lasting) {
  for (let minute = 0; minute < lasting; minute++) {
    for (const user of PEERS) {
      tell('member_joined', { user });
      tell('stream_added', stream(user));
      await settle();
      await client.subscribe(user);
      client.reportPlayerStateChange(user, 2004, 'playing');
    }
    for (let second = 0; second < 60; second += 2) {
      await phone.advance(2000, settle);
      report(second);
      if (second % 10 === 0) for (const user of PEERS) tell('stream_updated', stream(user, second % 20 === 0, true));
    }
    for (const user of PEERS) {
      tell('stream_removed', { stream: `s_${user}`, user, kind: 'camera', reason: 'left' });
      tell('member_left', { user, reason: 'left' });
    }
    await settle();
  }
}

function report(second) {
  const info = netStatus(second % 20 < 10 ? 1 : 5);
  client.reportPusherNetStatusChange(info);
  for (const user of PEERS) client.reportPlayerNetStatusChange(user, info);
  count.reports += 1 + PEERS.length;
}

function weigh() {
  for (let round = 0; round < 4; round++) globalThis.gc();
  return { script: process.memoryUsage().heapUsed, module: phone.memoryBytes };
}
