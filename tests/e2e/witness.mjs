/** Calls under observation: the events that each page gets, and the media that its players decode. */

import { PATIENCE_MS, exampleWithPolicy, startGateway, startMeeting } from './support.mjs';

const NEVER_MS = 600_000;
/** Native tags that try again soon. */
const QUICK = { retryMs: 500, stallMs: 4000 };

export const pause = (milliseconds) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

/**
 * Alice and bob in a call. What their pages heard since is in `own` (alice's) and `seen` (bob's).
 * @param {import('node:test').TestContext} t
 * @param {{ policy?: string, config?: string, phone?: object }} [how] background policy of alice's page, lines of the
 *   gateway's configuration, options of alice's phone, which does not freeze unless they say so
 */
export async function watchedCall(t, { policy, config, phone = {} } = {}) {
  const gateway = await startGateway(t, { config });
  const meeting = await startMeeting(t, { gateway });
  const root = policy ? exampleWithPolicy(t, policy) : meeting.example;
  const alice = await meeting.enter('alice', {
    phone: { backgroundFreezeMs: NEVER_MS, root, ...phone, native: { ...QUICK, ...phone.native } },
  });
  const bob = await meeting.enter('bob', { phone: { native: QUICK } });
  await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);
  return { gateway, meeting, alice, bob, own: eventsOf(alice), seen: eventsOf(bob) };
}

/**
 * Writes down every event of the phone's client from now on.
 * @param {import('../../simulator/phone.js').Phone} phone
 * @returns {{ event: string, uid?: string, action?: string }[]}
 */
export function eventsOf(phone) {
  const { client } = phone.page.instance;
  const seen = [];
  for (const event of EVENTS)
    client.on(event, (payload) => seen.push({ ...JSON.parse(JSON.stringify(payload ?? {})), event }));
  return seen;
}

const EVENTS = [
  'stream-added',
  'stream-removed',
  'update-url',
  'stream-failed',
  'mute-audio',
  'unmute-audio',
  'mute-video',
  'unmute-video',
  '@room/client-banned',
  'peer-online',
  'peer-leave',
  'error',
  'disconnect',
  'close',
  'connection-state-changed',
  'token-will-expire',
  'stream-control',
];

/** Names of the events, of one user where one is named. */
export function namesOf(seen, uid) {
  return seen.filter((payload) => uid === undefined || payload.uid === uid).map(({ event }) => event);
}

/** What was done about a user's stream, in order: orders for its tag, new addresses, giving up. */
export function repairsOf(seen, uid) {
  return seen
    .filter(
      (payload) => payload.uid === uid && ['stream-control', 'update-url', 'stream-failed'].includes(payload.event),
    )
    .map(({ event, action }) => action ?? event);
}

/** Decoded frames of every stream that the phone played. */
export function decoded(phone) {
  const total = { pictures: 0, sound: 0, silence: 0 };
  for (const { videoFrames, audioFrames, silentAudioFrames } of Object.values(phone.stats().players)) {
    total.pictures += videoFrames;
    total.sound += audioFrames - silentAudioFrames;
    total.silence += silentAudioFrames;
  }
  return total;
}

/** What is decoded within a second, once what was under way has arrived. */
export async function nextSecond(phone) {
  await pause(1200);
  const before = decoded(phone);
  await pause(1000);
  const after = decoded(phone);
  return Object.fromEntries(Object.keys(after).map((kind) => [kind, after[kind] - before[kind]]));
}

/** Waits until pictures and sound, real sound, come in anew. */
export async function flowing(phone, what) {
  const before = decoded(phone);
  const enough = () => decoded(phone).pictures >= before.pictures + 20 && decoded(phone).sound >= before.sound + 20;
  await phone.waitFor(enough, PATIENCE_MS, `${phone.name} to see and hear ${what}`);
}
