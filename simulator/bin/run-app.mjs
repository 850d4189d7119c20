#!/usr/bin/env node
/**
 * Runs a mini-program on a simulated phone:
 *
 *     miniapp-rtc-simulator [DIR] [--page ADDRESS] [--name NAME] [--seconds N]
 *     miniapp-rtc-simulator [DIR] --stage [--page ADDRESS] [--port N] [--seconds N]
 *
 * With `--stage`, on a page in a browser, else as text. There, lines on standard input are orders (`help` lists them).
 * Ends on `quit`, on Ctrl-C or after N seconds; 1 when the app did something that WeChat does not allow, 2 when it
 * could not be run at all.
 */

import { parseArgs } from 'node:util';
import { portOf, secondsOf } from '../command-line.js';
import { runApp } from '../run-app.js';
import { runStage } from '../stage/run-stage.js';

const USAGE = 'usage: miniapp-rtc-simulator [DIR] [--stage [--port N]] [--page ADDRESS] [--name NAME] [--seconds N]';

let given;
try {
  given = parseArgs({
    allowPositionals: true,
    options: {
      page: { type: 'string' },
      name: { type: 'string' },
      seconds: { type: 'string' },
      stage: { type: 'boolean' },
      port: { type: 'string' },
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
if (values.port !== undefined && !values.stage) fail('--port is for the page of --stage: give both, or neither');
const root = positionals[0] ?? '.';
const { page, name } = values;
let port;
let seconds;
try {
  port = portOf(values.port);
  seconds = secondsOf(values.seconds);
} catch (error) {
  fail(error.message);
}
process.exit(await (values.stage ? runStage({ root, page, port, seconds }) : runApp({ root, page, name, seconds })));

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}
