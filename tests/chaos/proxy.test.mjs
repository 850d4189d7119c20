/** The lane itself: each thing that it does to connections, seen from both ends. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';

import { Lane } from './proxy.mjs';

/** A lane with a connection through it, to a server that keeps what it gets. */
async function stand(t) {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const seen = [];
  const lane = await Lane.open({
    name: 'test',
    to: server.address().port,
    random: () => 0.5,
    onBytes: (_relay, direction, bytes) => seen.push(`${direction} ${bytes}`),
  });
  const ends = [];
  t.after(async () => {
    for (const end of ends) end.socket.destroy();
    await lane.close();
    server.close();
  });
  const dial = async () => {
    const accepted = once(server, 'connection');
    const phone = end(connect({ port: lane.port, host: '127.0.0.1', allowHalfOpen: true }), ends);
    await once(phone.socket, 'connect');
    const [socket] = await accepted;
    return { phone, gateway: end(socket, ends), relay: lane.relays.at(-1) };
  };
  return { lane, dial, seen, ends };
}

/** One end of a connection: what came, and how it ended. */
function end(socket, ends) {
  const watched = { socket, text: '', ending: null, at: null };
  socket.on('data', (bytes) => {
    watched.text += bytes;
    watched.at = Date.now();
  });
  socket.on('end', () => {
    watched.ending ??= 'fin';
  });
  socket.on('error', (error) => {
    watched.ending ??= error.code;
  });
  ends.push(watched);
  return watched;
}

async function until(holds, what) {
  for (let waited = 0; waited < 3000; waited += 5) {
    if (holds()) return;
    await pause(5);
  }
  assert.fail(`waited in vain for ${what}`);
}

const pause = (milliseconds) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

test('bytes and goodbyes pass both ways', async (t) => {
  const { dial, seen, lane } = await stand(t);
  const { phone, gateway } = await dial();
  phone.socket.write('hello');
  await until(() => gateway.text === 'hello', 'the greeting');
  gateway.socket.end('bye');
  await until(() => phone.text === 'bye' && phone.ending === 'fin', 'the goodbye');
  phone.socket.end();
  await until(() => gateway.ending === 'fin' && lane.relays.length === 0, 'the end');
  assert.deepEqual(seen, ['up hello', 'down bye']);
});

test('a cut is a reset or a goodbye', async (t) => {
  const { dial } = await stand(t);
  const first = await dial();
  first.relay.cut('rst');
  await until(() => first.phone.ending && first.gateway.ending, 'both ends to hear');
  assert.deepEqual([first.phone.ending, first.gateway.ending], ['ECONNRESET', 'ECONNRESET']);
  const second = await dial();
  second.relay.cut('fin');
  await until(() => second.phone.ending && second.gateway.ending, 'both ends to hear');
  assert.deepEqual([second.phone.ending, second.gateway.ending], ['fin', 'fin']);
});

test('half open: one direction is swallowed, its end too, the other goes on', async (t) => {
  const { dial, lane } = await stand(t);
  const { phone, gateway, relay } = await dial();
  assert.equal(lane.whole, relay);
  relay.swallow('up');
  assert.equal(lane.whole, null);
  phone.socket.end('lost');
  gateway.socket.write('still here');
  await until(() => phone.text === 'still here', 'the other direction');
  await pause(50);
  assert.deepEqual([gateway.text, gateway.ending], ['', null]);
  relay.cut('rst');
  await until(() => gateway.ending === 'ECONNRESET', 'the late end');
});

test('half open: a reset of the silent side is not passed on', async (t) => {
  const { dial } = await stand(t);
  const { phone, gateway, relay } = await dial();
  relay.swallow('up', 'down');
  gateway.socket.resetAndDestroy();
  await pause(50);
  assert.equal(phone.ending, null);
});

test('delays keep the order, and hold keeps everything', async (t) => {
  const { dial, lane } = await stand(t);
  const { phone, gateway } = await dial();
  lane.suffer({ delayMs: 100, jitterMs: 100 });
  const sent = Date.now();
  phone.socket.write('a');
  await pause(5);
  phone.socket.write('b');
  await until(() => gateway.text === 'ab', 'both');
  assert.ok(gateway.at - sent >= 100, `${gateway.at - sent} ms`);
  lane.heal();
  lane.hold();
  phone.socket.write('c');
  await pause(60);
  assert.equal(gateway.text, 'ab');
  lane.release();
  await until(() => gateway.text === 'abc', 'what was held');
});

test('a throttle lets so many bytes a second through, and lets the sender wait', async (t) => {
  const { dial, lane } = await stand(t);
  const { phone, gateway } = await dial();
  lane.suffer({ bytesPerSecond: 1_000_000 });
  const began = Date.now();
  phone.socket.write(Buffer.alloc(400_000, 'x'));
  await until(() => gateway.text.length === 400_000, 'all of it');
  assert.ok(Date.now() - began > 250, `${Date.now() - began} ms`);
});

test('a lane that refuses resets new connections, and standing ones live', async (t) => {
  const { dial, lane, ends } = await stand(t);
  const { phone, gateway } = await dial();
  lane.refusing = true;
  const refused = end(connect({ port: lane.port, host: '127.0.0.1' }), ends);
  await until(() => refused.ending === 'ECONNRESET', 'the refusal');
  phone.socket.write('alive');
  await until(() => gateway.text === 'alive', 'the standing one');
});

test('a gateway that is not there resets the phone', async (t) => {
  const { lane, ends } = await stand(t);
  lane.to = 1;
  const alone = end(connect({ port: lane.port, host: '127.0.0.1' }), ends);
  await until(() => alone.ending === 'ECONNRESET', 'the reset');
});
