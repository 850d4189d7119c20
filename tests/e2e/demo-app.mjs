/**
 * The demonstration with somebody's own mini-program: a gateway, and one phone that runs it.
 *
 *     node tests/e2e/demo-app.mjs --gateway-bin PATH --app DIR [--page ADDRESS] [--seconds N]
 *
 * In the address, `{gateway}`, `{appId}` and `{token}` stand for those of the gateway; the token is for the `room` and
 * the `user` that the address names. Ends on `quit`, on Ctrl-C or after N seconds; failing when the app broke a rule of
 * its environment.
 */

import { parseArgs } from 'node:util';

import { runApp } from '../../simulator/run-app.js';
import { GatewayProcess } from './gateway-process.mjs';

const { values } = parseArgs({
  options: {
    'gateway-bin': { type: 'string' },
    app: { type: 'string' },
    page: { type: 'string' },
    seconds: { type: 'string' },
  },
});
for (const name of ['gateway-bin', 'app']) {
  if (!values[name]) fail(`--${name} is missing; run this through: cargo xtask demo --app DIR`);
}
const wanted = tokenWanted(values.page);
const gateway = await GatewayProcess.start({ bin: values['gateway-bin'] });
console.log(`gateway ready: ${gateway.ws}, app id ${gateway.app.id}`);
const status = await runApp({ root: values.app, page: await addressOf(values.page), seconds: values.seconds });
const { code } = await gateway.stop();
process.exit(status === 0 && code !== 0 ? 1 : status);

/** @returns {{ room: string, user: string } | null} whose token the address asks for */
function tokenWanted(address) {
  if (!address?.includes('{token}')) return null;
  const query = new URLSearchParams(address.split('?')[1]);
  const [room, user] = [query.get('room'), query.get('user')];
  if (!room || !user)
    fail('--page asks for {token}, which is made for a room and a user: write room=... and user=... into its query');
  return { room, user };
}

async function addressOf(address) {
  if (address === undefined) return undefined;
  const known = { gateway: gateway.ws, appId: gateway.app.id, ...(wanted && { token: await gateway.token(wanted) }) };
  return address.replace(/\{(\w+)\}/g, (all, name) => (name in known ? encodeURIComponent(known[name]) : all));
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
