/**
 * The demonstration with somebody's own mini-program, without a page: a gateway, and one phone that runs it.
 *
 *     node tests/e2e/demo-app.mjs --gateway-bin PATH --app DIR [--page ADDRESS] [--seconds N]
 *
 * In the address, `{gateway}`, `{appId}` and `{token}` stand for those of the gateway; the token is for the `room` and
 * the `user` that the address names, and `{user}` stands for `me`. Ends on `quit`, on Ctrl-C or after N seconds;
 * failing when the app broke a rule of its environment.
 */

import { parseArgs } from 'node:util';

import { secondsOf } from '../../simulator/command-line.js';
import { runApp } from '../../simulator/run-app.js';
import { StageService, checkPage } from './stage-service.mjs';

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
let seconds;
try {
  seconds = secondsOf(values.seconds);
  checkPage(values.page);
} catch (error) {
  fail(error.message);
}
const service = await StageService.start(values['gateway-bin'], values.page);
console.log(`gateway ready: ${service.gateway.ws}, app id ${service.gateway.app.id}`);
const page = values.page === undefined ? undefined : await service.addressOf('me');
const status = await runApp({ root: values.app, page, seconds });
const { code } = await service.stop();
process.exit(status === 0 && code !== 0 ? 1 : status);

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}
