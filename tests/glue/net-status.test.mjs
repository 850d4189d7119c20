/** What a web user's Client makes of two reports of its browser. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { netStatusOf, readingOf } from '../../js-glue/src/web/net-status.js';

const report = (entries) => new Map(entries.map((entry, index) => [String(index), entry]));
const pair = (currentRoundTripTime) => ({ type: 'candidate-pair', nominated: true, currentRoundTripTime });

function received({ at, bytes = 0, packets = 0, lost = 0, frames = 0, jitter = 0, rtt = 0.002 }) {
  const inbound = { type: 'inbound-rtp', timestamp: at, jitter };
  return readingOf(
    report([
      { ...inbound, kind: 'audio', bytesReceived: bytes / 10, packetsReceived: packets / 2, packetsLost: lost },
      {
        ...inbound,
        kind: 'video',
        bytesReceived: bytes,
        packetsReceived: packets / 2,
        packetsLost: 0,
        framesDecoded: frames,
        ...(frames > 0 && { frameWidth: 640, frameHeight: 480 }),
      },
      pair(rtt),
      { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 },
    ]),
  );
}

test('bit rates, pictures and size of what is received, over the time between two reports', () => {
  const status = netStatusOf(
    received({ at: 1000, bytes: 100_000, packets: 100, frames: 10 }),
    received({ at: 3000, bytes: 350_000, packets: 300, frames: 40, jitter: 0.004 }),
  );
  assert.deepEqual(status, {
    audioBitrate: 100,
    videoBitrate: 1000,
    netSpeed: 1100,
    videoFPS: 15,
    videoWidth: 640,
    videoHeight: 480,
    netJitter: 4,
    netQualityLevel: 1,
  });
});

test('loss, round trip and jitter each make the quality worse; the worst counts', () => {
  const level = (now) => netStatusOf(received({ at: 0 }), received({ at: 2000, packets: 100, ...now })).netQualityLevel;
  assert.equal(level({}), 1);
  assert.deepEqual(
    [1, 2, 5, 15, 40, 200].map((lost) => level({ lost })),
    [1, 2, 3, 4, 5, 6],
  );
  assert.deepEqual(
    [0.1, 0.2, 0.5, 0.8, 1.5, 3].map((rtt) => level({ rtt })),
    [1, 2, 3, 4, 5, 6],
  );
  assert.deepEqual(
    [0.01, 0.05, 0.09, 0.2, 0.5, 2].map((jitter) => level({ jitter })),
    [1, 2, 3, 4, 5, 6],
  );
  assert.equal(level({ lost: 15, rtt: 0.2, jitter: 0.05 }), 4);
});

test('of what is sent, the loss is what the other end tells', () => {
  const sent = ({ at, bytes, packets, lost }) =>
    readingOf(
      report([
        { type: 'outbound-rtp', kind: 'video', timestamp: at, bytesSent: bytes, packetsSent: packets, framesSent: 30 },
        { type: 'remote-inbound-rtp', kind: 'video', packetsLost: lost, jitter: 0.001 },
      ]),
    );
  const [before, now] = [
    sent({ at: 0, bytes: 0, packets: 0, lost: 0 }),
    sent({ at: 1000, bytes: 50_000, packets: 90, lost: 10 }),
  ];
  const { videoBitrate, audioBitrate, netQualityLevel } = netStatusOf(before, now);
  assert.deepEqual([videoBitrate, audioBitrate, netQualityLevel], [400, 0, 4]);
});

test('a stream that stands still has no quality, and a new connection or none no negative number', () => {
  const full = received({ at: 2000, bytes: 5000, packets: 50, frames: 9 });
  assert.equal(netStatusOf(full, { ...full, at: 4000 }).netQualityLevel, 0);
  for (const now of [received({ at: 4000 }), readingOf(new Map())])
    for (const value of Object.values(netStatusOf(full, now))) assert.equal(value, 0);
});
