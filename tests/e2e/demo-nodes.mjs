/**
 * The demonstration of several nodes: two phones call each other by different gateways that share their rooms through
 * Redis. Every ten seconds a gateway is killed, and the call goes on.
 *
 *     node tests/e2e/demo-nodes.mjs --gateway-bin PATH --example DIR --nodes N [--seconds N]
 *
 * Ends on Ctrl-C or after N seconds; with a failing status where a picture stayed away.
 */

import { parseArgs } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';

import { secondsOf } from '../../simulator/command-line.js';
import { Meeting, decodedFrames } from './meeting.mjs';
import { Nodes } from './nodes.mjs';
import { StatusLine } from './status-line.mjs';

const USERS = ['alice', 'bob'];
const KILL_EVERY_MS = 10_000;
/** How long a killed gateway is away: longer than its lease, so that the others take it for gone. */
const AWAY_MS = 4_000;
const LOOK_MS = 50;
/** A picture that is away for longer is not back in time. */
const AWAY_AT_MOST_MS = 8_000;

const { values } = parseArgs({
  options: {
    'gateway-bin': { type: 'string' },
    example: { type: 'string' },
    nodes: { type: 'string' },
    seconds: { type: 'string' },
  },
});
for (const name of ['gateway-bin', 'example', 'nodes']) {
  if (!values[name]) fail(`--${name} is missing; run this through: cargo xtask demo`);
}

const line = new StatusLine();
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stopping.abort());
let seconds;
let nodes;
try {
  seconds = secondsOf(values.seconds);
  nodes = await Nodes.start({ bin: values['gateway-bin'], count: Number(values.nodes) });
} catch (error) {
  fail(error.message);
}
say('redis', nodes.redis.url);
nodes.gateways.forEach(({ ws }, index) => say(`node ${index + 1}`, ws));

const meeting = new Meeting({ gateway: nodes.gateways[0], example: values.example });
/** By user: pictures that were decoded, when the newest came, and the longest pause since the last kill. */
const pictures = new Map();
const longest = [];
let failure;
try {
  for (const [index, user] of USERS.entries()) await enter(user, index + 1);
  const looking = setInterval(look, LOOK_MS);
  await killOneAfterTheOther();
  clearInterval(looking);
} catch (error) {
  failure = error.message;
}
const faults = [...meeting.phones.values()].flatMap((phone) =>
  phone.faults.map((fault) => `${phone.name}: ${fault.kind}: ${fault.message}`),
);
await meeting.end();
const statuses = await nodes.stop();
summarise();

async function enter(user, node) {
  const phone = await meeting.enter(user, { query: { gateway: nodes.gatewaysFrom(node) } });
  await phone.waitFor(() => phone.page?.data.status === 'connected', 15_000, `${user} to join`);
  say(user, `joined by node ${node}`);
}

async function killOneAfterTheOther() {
  const { signal } = stopping;
  await Promise.all(USERS.map((user) => firstPicture(user)));
  say('demo', seconds === null ? 'running until Ctrl-C' : `running for ${seconds} s`);
  const end = seconds === null ? Infinity : Date.now() + seconds * 1000;
  for (let count = 0; !signal.aborted && Date.now() < end; count += 1) {
    const node = (count % nodes.gateways.length) + 1;
    const until = Math.min(end, Date.now() + KILL_EVERY_MS);
    for (const known of pictures.values()) known.pauseMs = 0;
    say(`node ${node}`, 'killed');
    await nodes.replace(node, AWAY_MS);
    say(`node ${node}`, 'is back');
    await pause(Math.max(0, until - Date.now()), undefined, { signal }).catch(() => {});
    const pauses = [...pictures].map(([user, { pauseMs, at }]) => [user, Math.max(pauseMs, Date.now() - at)]);
    longest.push(...pauses.map(([, ms]) => ms));
    say('pictures', pauses.map(([user, ms]) => `${user} without for ${(ms / 1000).toFixed(1)} s at most`).join(' · '));
  }
}

async function firstPicture(user) {
  const phone = meeting.phones.get(user);
  await phone.waitFor(() => decodedFrames(phone) > 0, 15_000, `${user} to see a picture`);
  pictures.set(user, { count: 0, at: Date.now(), pauseMs: 0 });
}

function look() {
  const now = Date.now();
  for (const [user, known] of pictures) {
    const count = decodedFrames(meeting.phones.get(user));
    if (count === known.count) continue;
    known.pauseMs = Math.max(known.pauseMs, now - known.at);
    Object.assign(known, { count, at: now });
  }
}

function summarise() {
  for (const fault of faults) say('fault', fault);
  const worst = Math.max(0, ...longest);
  if (faults.length) failure ??= 'a mini-program broke a rule of its environment';
  if (worst > AWAY_AT_MOST_MS) failure ??= `a picture was away for ${(worst / 1000).toFixed(1)} s`;
  if (statuses.some((status) => status !== 0)) failure ??= `the gateways ended with ${statuses.join(', ')}`;
  say(
    'demo',
    failure ? `FAILED: ${failure}` : `${longest.length / USERS.length} gateways killed, and the call went on`,
  );
  process.exit(failure ? 1 : 0);
}

function say(who, what) {
  line.say(who, what);
}

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}
