#!/usr/bin/env node
/**
 * Runs a mini-program on a simulated phone:
 *
 *     miniapp-rtc-simulator [DIR] [--page ADDRESS] [--name NAME] [--seconds N]
 *
 * Lines on standard input are orders (`help` lists them). Ends on `quit`, on Ctrl-C or after N seconds; 1 when the app
 * did something that WeChat does not allow, 2 when it could not be run at all.
 */

import { parseArgs } from 'node:util';
import { runApp } from '../run-app.js';

const USAGE = 'usage: miniapp-rtc-simulator [DIR] [--page ADDRESS] [--name NAME] [--seconds N]';

let given;
try {
  given = parseArgs({
    allowPositionals: true,
    options: {
      page: { type: 'string' },
      name: { type: 'string' },
      seconds: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
} catch (error) {
  fail(`${error.message}\n${USAGE}`);
}
const { values, positionals } = given;
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
if (positionals.length > 1) fail(`one folder, not ${positionals.length}\n${USAGE}`);
process.exit(
  await runApp({ root: positionals[0] ?? '.', page: values.page, name: values.name, seconds: values.seconds }),
);

function fail(message) {
  console.error(message);
  process.exit(2);
}
