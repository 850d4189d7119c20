/**
 * The demonstration on a page: phones that call each other through a real gateway, to look at, tap in and disturb.
 *
 *     node tests/e2e/demo-stage.mjs --gateway-bin PATH --app DIR [--page ADDRESS] [--example] [--seconds N]
 *       [--port N] [--no-browser]
 *
 * Prints the page's address and opens it where there is a browser and a display. Ends on Ctrl-C or after N seconds.
 */

import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

import { portOf, secondsOf } from '../../simulator/command-line.js';
import { Stage } from '../../simulator/stage/stage.js';
import { MEETING, StageService, checkPage } from './stage-service.mjs';
import { StatusLine } from './status-line.mjs';

const STATUS_MS = 1000;
/** Native codes that tell of trouble. */
const TROUBLE = /live-\w+ (-\d+|11\d\d|2103|3\d{3}|5\d{3})$/;

const { values } = parseArgs({
  options: {
    'gateway-bin': { type: 'string' },
    app: { type: 'string' },
    page: { type: 'string' },
    example: { type: 'boolean' },
    seconds: { type: 'string' },
    port: { type: 'string' },
    'no-browser': { type: 'boolean' },
  },
});
for (const name of ['gateway-bin', 'app']) {
  if (!values[name]) fail(`--${name} is missing; run this through: cargo xtask demo`);
}

const ABOUT_THE_EXAMPLE = `  DevTools   open example-miniapp there, and copy the five fields of a phone that you add on the stage
  Your app   cargo xtask demo --app DIR
`;

const line = new StatusLine();
let seconds;
let service;
let stage;
try {
  seconds = secondsOf(values.seconds);
  const port = portOf(values.port);
  checkPage(values.page);
  service = await StageService.start(values['gateway-bin'], values.example ? MEETING : values.page);
  stage = await Stage.start({
    root: values.app,
    service,
    port,
    phones: values.example ? 2 : 1,
    ...(values.page && { page: (user) => service.addressOf(user) }),
    onNews: ({ phone, kind, text }) => {
      if (kind === 'native' && !TROUBLE.test(text)) return;
      line.say(phone, kind === 'problem' ? `PROBLEM ${text}` : text);
    },
  });
} catch (error) {
  await service?.stop();
  fail(error.message);
}
explain();
if (!values['no-browser']) openBrowser(stage.address);
const timer = setInterval(status, STATUS_MS);
await untilTheEnd();
clearInterval(timer);
line.end();
const faults = [...stage.phones.values()].flatMap(({ phone }) =>
  phone.faults.map(({ kind, message }) => `${phone.name}: ${kind}: ${message}`),
);
await stage.close();
const { code } = await service.stop();
for (const fault of faults) console.log(`fault: ${fault}`);
console.log(faults.length === 0 ? 'ended well' : `FAILED: ${faults.length} faults of the app`);
process.exit(faults.length === 0 && code === 0 ? 0 : 1);

function explain() {
  const { gateway } = service;
  console.log(`
  The stage is open:  ${stage.address}

  On it      ${values.example ? 'tap "进入房间 Enter" in both phones; then try the buttons on the right' : 'your app runs; "Add a phone" starts it once more'}
  Gateway    ${gateway.ws}, app id ${gateway.app.id}
${values.example ? ABOUT_THE_EXAMPLE : ''}${stage.webAddress ? `  Browser    ${stage.webAddress} joins as a web user: the room of the phones, "${service.room}" while they are in none\n` : ''}  Ctrl-C ends everything.
`);
}

function status() {
  const phones = [...stage.phones.values()].map(({ name, phone, roster }) => {
    const players = Object.values(phone.stats().players);
    const pictures = players.reduce((sum, { videoFrames }) => sum + videoFrames, 0);
    const playing = players.filter((player) => player.playing).length;
    return {
      steady: `${name}: ${roster.isUp ? 'in a room' : 'in no room'}, plays ${playing}`,
      moving: `${name} ${pictures} pictures`,
    };
  });
  line.status(phones.map(({ steady }) => steady).join(' · '), phones.map(({ moving }) => moving).join(' · '));
}

function untilTheEnd() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
    if (seconds !== null) setTimeout(resolve, seconds * 1000);
  });
}

function openBrowser(address) {
  const hasDisplay = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (!hasDisplay) return;
  const [program, ...before] = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }[process.platform] ?? [
    'xdg-open',
  ];
  // Without such a program the address stands above.
  spawn(program, [...before, address], { stdio: 'ignore', detached: true })
    .once('error', () => {})
    .unref();
}

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}
