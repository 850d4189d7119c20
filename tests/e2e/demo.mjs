/**
 * The demonstration without a page: two phones run the example mini-program and call each other through a real gateway,
 * live.
 *
 *     node tests/e2e/demo.mjs --gateway-bin PATH --sdk DIR --example DIR [--seconds N]
 *
 * Ends on Ctrl-C, or after N seconds with a failing status if a phone decoded no picture.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { secondsOf } from '../../simulator/command-line.js';
import { redact } from '../../simulator/index.js';
import { GatewayProcess } from './gateway-process.mjs';
import { StatusLine } from './status-line.mjs';
import { Meeting, decodedFrames, firstFrameMs } from './meeting.mjs';

const { values } = parseArgs({
  options: {
    'gateway-bin': { type: 'string' },
    sdk: { type: 'string' },
    example: { type: 'string' },
    seconds: { type: 'string' },
  },
});
for (const name of ['gateway-bin', 'sdk', 'example']) {
  if (!values[name]) fail(`--${name} is missing; run this through: cargo xtask demo`);
}
let seconds = null;
try {
  seconds = secondsOf(values.seconds);
} catch (error) {
  fail(error.message);
}
for (const file of ['miniapp-rtc.min.js', 'miniapp-rtc.wasm']) {
  if (!existsSync(join(values.sdk, file)))
    fail(`${join(values.sdk, file)} is not there; run this through: cargo xtask demo`);
}

const line = new StatusLine();
/** By user: whether pictures flow, and how many came. */
const flows = new Map();
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stopping.abort());

say('gateway', 'starting');
const gateway = await GatewayProcess.start({ bin: values['gateway-bin'] });
say('gateway', `ready: ${gateway.ws}, media at ${gateway.addresses.rtmp} and ${gateway.addresses.flv}`);
gateway.ended.then(() => stopping.abort());

const meeting = new Meeting({ gateway, example: values.example });
const joinTimes = new Map();
const told = new Set();
const STILL_MS = 2500;
const FRAME_BY_FRAME = new Set(['send', 'message']);
let failure;
try {
  for (const user of ['alice', 'bob']) if (!stopping.signal.aborted) await enter(user);
  await calling();
} catch (error) {
  failure = error.message;
}
const frames = new Map(
  [...meeting.phones].map(([user, phone]) => [user, { count: decodedFrames(phone), first: firstFrameMs(phone) }]),
);
const faults = [...meeting.phones.values()].flatMap((phone) =>
  phone.faults.map((fault) => `${phone.name}: ${fault.kind}: ${fault.message}`),
);
await meeting.end();
const { code } = await gateway.stop();
summarise(code);

async function enter(user) {
  const opened = Date.now();
  const phone = await meeting.enter(user, { phone: { log: (event) => tell(user, event) } });
  await phone.waitFor(
    () => stopping.signal.aborted || phone.page?.data.status === 'connected',
    15_000,
    `${user} to join`,
  );
  if (phone.page?.data.status !== 'connected') return;
  joinTimes.set(user, Date.now() - opened);
  say(
    user,
    `joined room ${meeting.room} in ${joinTimes.get(user)} ms (opening the page and loading the module included)`,
  );
}

/** The demonstration's time begins when everybody is in. */
function calling() {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      clearInterval(ticking);
      resolve();
    };
    const ticking = setInterval(status, STILL_MS / 2);
    const timer = seconds === null ? undefined : setTimeout(end, seconds * 1000);
    if (seconds === null) say('demo', 'running until Ctrl-C');
    if (stopping.signal.aborted) end();
    else stopping.signal.addEventListener('abort', end);
  });
}

function tell(user, event) {
  switch (event.kind) {
    case 'native':
      return say(user, `${event.tag} ${event.code} ${event.message ?? ''}`);
    case 'frames':
      flows.set(user, { at: Date.now(), perSecond: event.video, total: event.totalVideo });
      return status();
    case 'socket':
      return FRAME_BY_FRAME.has(event.what)
        ? undefined
        : say(user, `socket ${event.what} ${event.url}${event.reason ? ` (${event.reason})` : ''}`);
    case 'setData':
      return tellAddresses(user);
    case 'console':
      return say(user, `console.${event.level}: ${event.message}`);
    case 'fault':
      return say(user, `FAULT ${event.fault}: ${event.message}`);
    case 'netstatus':
    case 'app':
    case 'network':
    case 'ui':
    case 'request':
    default:
      return undefined;
  }
}

/** Says each address that the page was given, once, without its signature. */
function tellAddresses(user) {
  const { pushUrl, tiles = [] } = meeting.phones.get(user)?.page?.data ?? {};
  const addresses = [['publish()', pushUrl], ...tiles.map((tile) => [`subscribe('${tile?.uid}')`, tile?.url])];
  for (const [call, address] of addresses) {
    if (!address || told.has(address)) continue;
    told.add(address);
    say(user, `${call} gave ${redact(address)}`);
  }
}

function summarise(gatewayStatus) {
  line.end();
  console.log('');
  for (const [user, { count, first }] of frames) {
    say(
      user,
      `join ${joinTimes.get(user) ?? '-'} ms, first picture ${first ?? '-'} ms after play, ${count} pictures decoded`,
    );
  }
  for (const fault of faults) say('fault', fault);
  if (gatewayStatus !== 0) failure ??= `the gateway ended with status ${gatewayStatus}`;
  if (faults.length) failure ??= 'a mini-program broke a rule of its environment';
  if (seconds !== null && [...frames.values()].some(({ count }) => count === 0))
    failure ??= 'a phone decoded no picture';
  say('demo', failure ? `FAILED: ${failure}` : 'ended well');
  process.exit(failure ? 1 : 0);
}

/** One line for all streams: what changes in words is worth a line, the counters are not. */
function status() {
  const users = [...flows].map(([user, { at, perSecond, total }]) => {
    const flowing = perSecond > 0 && Date.now() - at < STILL_MS;
    return {
      steady: `${user}: ${flowing ? 'pictures flow' : 'no pictures'}`,
      moving: `${user} ${perSecond}/s, ${total} so far`,
    };
  });
  if (users.length > 0)
    line.status(users.map(({ steady }) => steady).join(' · '), users.map(({ moving }) => moving).join(' · '));
}

function say(who, what) {
  line.say(who, what);
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
