/**
 * What the example page hands to its view for each event: bytes of `setData`, as the simulated phone counts them, in a
 * call of two phones over the real gateway and real media.
 *
 *     node set-data.mjs --gateway-bin PATH
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { GatewayProcess } from '../e2e/gateway-process.mjs';
import { Meeting, decodedFrames } from '../e2e/meeting.mjs';
import { ROOT } from './places.mjs';
import { print } from './rows.mjs';

const PATIENCE_MS = 20_000;
const { values } = parseArgs({ options: { 'gateway-bin': { type: 'string' } } });

const gateway = await GatewayProcess.start({ bin: values['gateway-bin'] });
const meeting = new Meeting({ gateway, example: join(ROOT, 'example-miniapp') });
try {
  const alice = await meeting.enter('alice');
  await alice.waitFor(() => alice.page.data.status === 'connected', PATIENCE_MS, 'alice to join');
  const bytes = watch(alice);
  const tile = () => alice.page.data.tiles.find((shown) => shown?.uid === 'bob');
  const seen = (what, predicate) => alice.waitFor(predicate, PATIENCE_MS, what);

  const bob = await meeting.enter('bob');
  await seen('bob to be seen', () => tile()?.url && decodedFrames(alice) > 0);
  for (const [button, track] of [
    ['#mic', 'audio'],
    ['#camera', 'video'],
  ]) {
    for (const state of [false, true]) {
      bob.page.find(button).tap();
      await seen(`bob's ${track} to be ${state}`, () => tile()?.[track] === state);
    }
  }
  bob.page.find('#leave').tap();
  await seen('bob to be gone', () => !tile());
  if (alice.faults.length) throw new Error(`the page broke a rule: ${alice.faults[0].message}`);

  const events = [
    'peer-online',
    'stream-added',
    'mute-audio',
    'unmute-audio',
    'mute-video',
    'stream-removed',
    'peer-leave',
  ];
  print(
    events.map((event) => ({
      what: `setData for ${event}`,
      unit: 'B',
      ours: bytes.get(event) ?? 0,
      how: 'JSON that the example page hands to the view, in a real call of two simulated phones',
    })),
  );
} finally {
  await meeting.end();
  await gateway.stop();
}

/** Counts what the page's listeners hand over while an event is delivered; the last event of a kind counts. */
function watch(phone) {
  const { client } = phone.page.instance;
  const { emit } = client;
  const bytes = new Map();
  client.emit = function emitWatched(event, payload) {
    const before = phone.setDataLog.length;
    const outcome = emit.call(this, event, payload);
    bytes.set(
      event,
      phone.setDataLog.slice(before).reduce((sum, record) => sum + record.bytes, 0),
    );
    return outcome;
  };
  return bytes;
}
