/**
 * What one event in and one report out cost, in the engine that runs this: Node or JavaScriptCore's `jsc -m`.
 *
 *     node [--no-opt --no-sparkplug] calls.mjs SCRIPT MODULE BATCHES
 *     jsc --useJIT=0 -m calls.mjs -- SCRIPT MODULE BATCHES
 *
 * Prints the median of all batches, in microseconds per event and report, as JSON.
 */
import { StubPhone, netStatus, stream } from './phone-stub.mjs';

const isNode = typeof process !== 'undefined';
const engine = isNode ? await nodeEngine() : jscEngine();
const [scriptFile, moduleFile, batches] = engine.parameters;
const IN_A_BATCH = 200;

const phone = new StubPhone(engine.text(scriptFile), engine.bytes(moduleFile));
const client = await phone.join();
const { gateway } = phone;
const peer = 'user-2';

// The room: another user who is seen, so that its events reach the page and reports about it reach the gateway.
const added = once('stream-added');
gateway.deliver(gateway.event('member_joined', { user: peer }));
gateway.deliver(gateway.event('stream_added', stream(peer)));
await added;
await client.subscribe(peer);

const results = {
  eventIn: await measure(eventIn),
  reportOut: await measure(reportOut),
  netStatus: await measure(statusTaken),
};
engine.print(JSON.stringify(results));

/** From the socket's callback with a frame to the page's listener. */
async function eventIn(count) {
  const frames = [];
  for (let i = 0; i < count; i++) frames.push(gateway.event('stream_updated', stream(peer, i % 2 === 1, true)));
  let next = 0;
  return timed(
    (done) => {
      const heard = () => (next < count ? gateway.deliver(frames[next++]) : done());
      client.on('mute-audio', heard);
      client.on('unmute-audio', heard);
      heard();
    },
    () => client.removeAllListeners(),
  );
}

/** From the page's call with a native code to the frame at the socket's `send`. */
async function reportOut(count) {
  let next = 0;
  return timed(
    (done) => {
      gateway.heard = () =>
        next < count ? client.reportPlayerStateChange(peer, next++ % 2 ? 2004 : 2103, 'said') : done();
      gateway.heard();
    },
    () => {
      gateway.heard = () => {};
    },
  );
}

/** The same status again and again: the core reads its fields and has nothing to say. */
async function statusTaken(count) {
  const info = netStatus();
  return timed((done) => {
    for (let i = 0; i < count; i++) client.reportPlayerNetStatusChange(peer, info);
    // The reports wait for one microtask each, in order; the answer of a later call comes after all of them.
    client.setBusinessId('b').then(done, done);
  });
}

async function measure(batch) {
  await batch(IN_A_BATCH);
  const times = [];
  for (let i = 0; i < Number(batches); i++) times.push((await batch(IN_A_BATCH)) / IN_A_BATCH);
  return times.sort((a, b) => a - b)[times.length >> 1];
}

/** Microseconds from the start of `work` until it calls back. */
async function timed(work, cleanUp = () => {}) {
  const start = engine.microseconds();
  const end = await new Promise((resolve) => work(() => resolve(engine.microseconds())));
  cleanUp();
  return end - start;
}

function once(event) {
  return new Promise((resolve) => client.once(event, resolve));
}

async function nodeEngine() {
  const { readFileSync } = await import('node:fs');
  return {
    parameters: process.argv.slice(2),
    text: (file) => readFileSync(file, 'utf8'),
    bytes: (file) => readFileSync(file),
    microseconds: () => performance.now() * 1000,
    print: (line) => console.log(line),
  };
}

function jscEngine() {
  const { arguments: parameters, readFile, preciseTime, print } = globalThis;
  return {
    parameters,
    text: (file) => readFile(file),
    bytes: (file) => readFile(file, 'binary'),
    microseconds: () => preciseTime() * 1e6,
    print,
  };
}
