/** A web user for the tests: joins, claps, subscribes to all and writes down what comes. */
import { Client, EVENTS } from '/sdk/index.js';
import { clap } from './source.js';
import { Witness } from './witness.js';

const client = new Client();
const events = [];
const witnesses = {};
const streams = {};
let own;

for (const event of Object.values(EVENTS))
  client.on(event, (payload) => events.push({ event, at: Date.now(), ...JSON.parse(JSON.stringify(payload ?? {})) }));

const keyOf = (uid, screen) => (screen ? `${uid}:screen` : uid);

client.on(EVENTS.STREAM_ADDED, async ({ uid, screen }) => {
  const key = keyOf(uid, screen);
  streams[key] = await client.subscribe(uid, { screen });
  witnesses[key] = new Witness(streams[key]);
});

const failure = ({ name, code, reason, fault }) => ({ name, code, reason, fault });

globalThis.user = {
  client,
  events,
  witnesses,
  streams,

  async enter({ gateway, appId, token, room, name }) {
    await client.init(appId, { gateway, logLevel: 'info' });
    return client.join(token, room, name);
  },

  /** @param {number} [frequency] of a clapping source; without it, the browser's camera and microphone */
  async publish(frequency, screen = false) {
    own = await client.publish(frequency ? { stream: clap(frequency), screen } : { screen });
    return own.getTracks().map(({ kind, label }) => ({ kind, label }));
  },

  own: () => own,

  /** The outcome of a call: undefined, or what it was refused with. */
  refusal: (method, ...values) => client[method](...values).then(() => undefined, failure),

  /** What came of a stream in this many milliseconds from now on. */
  async watch(key, milliseconds) {
    const from = Date.now();
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const since = (list) => list.filter(({ at }) => at >= from && at <= from + milliseconds);
    const { pictures, sounds } = witnesses[key] ?? { pictures: [], sounds: [] };
    return { pictures: since(pictures), sounds: since(sounds) };
  },
};
