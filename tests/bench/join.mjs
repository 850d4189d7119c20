/**
 * Joining a room: the built SDK on a simulated phone, a real gateway process, real sockets on the loopback.
 *
 *     node join.mjs --gateway-bin PATH --rounds N
 */
import { parseArgs } from 'node:util';

import { GatewayProcess } from '../e2e/gateway-process.mjs';
import { start } from '../glue/phone.mjs';
import { median, print } from './rows.mjs';

const { values } = parseArgs({
  options: { 'gateway-bin': { type: 'string' }, rounds: { type: 'string', default: '15' } },
});
const rounds = Number(values.rounds);
const room = 'room-1';

const endings = [];
const gateway = await GatewayProcess.start({ bin: values['gateway-bin'] });
try {
  const { sdk } = await start({ after: (end) => endings.push(end) });
  const times = [];
  // The first one warms up the phone and the gateway.
  for (let round = 0; round <= rounds; round++) times.push(await enter(sdk, `user-${round}`));
  const of = (name) => median(times.slice(1).map((time) => time[name]));
  const how = `a real gateway, a simulated phone, the loopback; median of ${rounds}`;
  print([
    {
      what: 'init',
      unit: 'ms',
      ours: of('init'),
      how: `module instantiated until calls are taken, in a warm process; ${how}`,
    },
    { what: 'join', unit: 'ms', ours: of('join'), how: `connect, handshake, one round trip; ${how}` },
    { what: 'publish', unit: 'ms', ours: of('publish'), how: `one round trip, ends with the push address; ${how}` },
  ]);
} finally {
  for (const end of endings) await end();
  await gateway.stop();
}

async function enter(sdk, user) {
  const token = await gateway.token({ room, user });
  const client = new sdk.Client();
  const init = await timed(() => client.init(gateway.app.id, { gateway: gateway.ws }));
  const join = await timed(() => client.join(token, room, user));
  const publish = await timed(() => client.publish());
  await client.destroy();
  return { init, join, publish };
}

async function timed(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}
