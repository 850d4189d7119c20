/** The judge of the chaos run: a page that heard everything once is right, and each way of being wrong is counted. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FrameReader } from './frames.mjs';
import { Ledger } from './ledger.mjs';
import { replay } from './replay.mjs';

const bot = (audio, video, stream = 's1') => ({
  stream,
  user: 'bot',
  kind: 'camera',
  generation: 1,
  audio,
  video,
  stalled: false,
});
const snapshot = (epoch, offset, members, streams) => ({
  epoch,
  offset,
  members: members.map((user) => ({ user })),
  streams,
});

/** The bot's stream comes, its sound goes off and on, its picture too. */
function room(epoch, first = 3) {
  const changes = [
    [true, true],
    [false, true],
    [true, true],
    [true, false],
    [true, true],
  ];
  return changes.map(([audio, video], index) => ({
    ep: epoch,
    off: first + index,
    ev: index === 0 ? 'stream_added' : 'stream_updated',
    d: bot(audio, video),
  }));
}

const HEARD = [
  'peer-online bot',
  'stream-added bot camera sound on picture on',
  'mute-audio bot camera',
  'unmute-audio bot camera',
  'mute-video bot camera',
  'unmute-video bot camera',
];

function judge(heard, { more = [], anchors = [] } = {}) {
  const truth = new Map();
  for (const { ep, off, ev, d } of [...room('e1'), ...more]) {
    if (!truth.has(ep)) truth.set(ep, new Map());
    truth.get(ep).set(off, { ev, d });
  }
  const first = { kind: 'join', epoch: 'e1', offset: 2, snapshot: snapshot('e1', 2, ['bot'], []), at: 0 };
  return replay({ me: 'alice', anchors: [first, ...anchors], truth, heard });
}

test('a page that heard each event once, in order', () => {
  assert.deepEqual(judge(HEARD), { expected: 6, lost: [], repeated: [], tooMany: false });
});

test('a lost event, a repeated one, two in the wrong order, a lost last one', () => {
  assert.deepEqual(judge(HEARD.toSpliced(3, 1)).lost, ['unmute-audio bot camera']);
  const twice = judge(HEARD.toSpliced(2, 0, HEARD[2]));
  assert.deepEqual([twice.lost, twice.repeated], [[], ['mute-audio bot camera']]);
  const swapped = judge([HEARD[0], HEARD[1], HEARD[3], HEARD[2], ...HEARD.slice(4)]);
  assert.deepEqual([swapped.lost.length, swapped.repeated.length], [1, 1]);
  assert.deepEqual(judge(HEARD.slice(0, -1)).lost, ['unmute-video bot camera']);
  assert.equal(judge(Array(100).fill('peer-online nobody')).tooMany, true);
});

test("events about the page's own user and events without a word are not expected", () => {
  const own = { ep: 'e1', off: 8, ev: 'stream_added', d: { ...bot(true, true, 's9'), user: 'alice' } };
  const silent = { ep: 'e1', off: 9, ev: 'member_suspended', d: { user: 'bot' } };
  assert.deepEqual(judge(HEARD, { more: [own, silent] }).lost, []);
});

test('across epochs the difference is heard, in any order', () => {
  const there = snapshot('e2', 3, ['bot', 'carol'], [bot(false, true, 's2')]);
  const anchors = [{ kind: 'join', epoch: 'e2', offset: 3, snapshot: there, at: 9 }];
  const change = ['peer-online carol', 'stream-removed bot camera', 'stream-added bot camera sound off picture on'];
  const more = [{ ep: 'e2', off: 4, ev: 'stream_updated', d: bot(true, true, 's2') }];
  const after = ['unmute-audio bot camera'];
  assert.deepEqual(judge([...HEARD, ...change, ...after], { anchors, more }).lost, []);
  assert.deepEqual(
    judge([...HEARD.slice(0, 3), ...change, ...after], { anchors, more }).lost,
    [],
    'the end of an epoch may be missed',
  );
  assert.deepEqual(judge([...HEARD, ...change], { anchors, more }).lost, after, 'the end of the last one may not');
  assert.equal(judge(HEARD, { anchors, more }).lost.length, 4, 'the new epoch must be seen');
});

test('while a session waits for who is not back after a restart, what it tells is not judged; later it is', () => {
  const there = { kind: 'join', epoch: 'e2', offset: 3, snapshot: snapshot('e2', 3, [], []), at: 5000 };
  const first = { kind: 'join', epoch: 'e1', offset: 2, snapshot: snapshot('e1', 2, ['bot'], []), at: 0 };
  const truth = new Map([
    ['e1', new Map()],
    ['e2', new Map([[4, { ev: 'member_joined', d: { user: 'carol' }, at: 90_000 }]])],
  ]);
  const anchors = [first, there];
  const back = { me: 'alice', anchors, truth, heard: ['peer-online bot', 'peer-online carol'], heardAt: [0, 90_000] };
  assert.deepEqual(replay(back).lost, [], 'the bot was said to be gone neither then nor later');
  assert.deepEqual(replay({ ...back, heard: ['peer-online bot'], heardAt: [0] }).lost, ['peer-online carol']);
});

test('a difference tells of who is gone as well, in any order; what one event tells comes in its order', () => {
  const anchors = [{ kind: 'join', epoch: 'e2', offset: 3, snapshot: snapshot('e2', 3, ['carol'], []), at: 9 }];
  const change = ['stream-removed bot camera', 'peer-leave bot', 'peer-online carol'];
  assert.deepEqual(judge([...HEARD, ...change], { anchors }).lost, []);
  assert.deepEqual(judge([...HEARD, ...change.toReversed()], { anchors }).lost, []);
  assert.notDeepEqual(judge([...HEARD, ...change.slice(0, 2)], { anchors }).lost, []);
  const still = [{ ...anchors[0], snapshot: snapshot('e2', 3, ['bot'], []) }];
  assert.deepEqual(judge([...HEARD, 'stream-removed bot camera'], { anchors: still }).repeated, []);
  const more = [
    { ep: 'e1', off: 8, ev: 'stream_updated', d: bot(false, true) },
    { ep: 'e1', off: 9, ev: 'stream_updated', d: bot(true, false) },
  ];
  const told = ['mute-audio bot camera', 'unmute-audio bot camera', 'mute-video bot camera'];
  assert.deepEqual(judge([...HEARD, ...told], { more }).lost, []);
  assert.notDeepEqual(judge([...HEARD, told[0], told[2], told[1]], { more }).lost, []);
});

test('streams that go silent altogether are removed and added for the page', () => {
  const more = [
    { ep: 'e1', off: 8, ev: 'stream_updated', d: bot(false, false) },
    { ep: 'e1', off: 9, ev: 'stream_updated', d: bot(true, true) },
    { ep: 'e1', off: 10, ev: 'stream_removed', d: { stream: 's1', user: 'bot', kind: 'camera', reason: 'left' } },
    { ep: 'e1', off: 11, ev: 'member_left', d: { user: 'bot', reason: 'left' } },
  ];
  const told = [
    'stream-removed bot camera',
    'stream-added bot camera sound on picture on',
    'stream-removed bot camera',
    'peer-leave bot',
  ];
  assert.deepEqual(judge([...HEARD, ...told], { more }).lost, []);
});

test('the ledger reads what a gateway sends, in pieces, and finds what contradicts', () => {
  const ledger = new Ledger();
  const phone = ledger.phone('alice');
  const relay = {};
  const join = {
    id: 1,
    m: 'join',
    ok: { session: 'n', snapshot: snapshot('e1', 2, ['bot'], [{ ...bot(true, true), business: 'x'.repeat(70_000) }]) },
  };
  const bytes = Buffer.concat([
    Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'),
    text(join),
    Buffer.from([0x89, 0]),
    text(room('e1')[0]),
    text({ id: 2, m: 'ping', ok: { offset: 3 } }),
    text({ id: 1, m: 'resume', ok: { generation: 3, snapshot: snapshot('e2', 1, [], []) } }),
    text({ id: 1, m: 'resume', ok: { generation: 2 } }),
    text({ ev: 'bye', d: { code: 4000, action: 'resume' } }),
  ]);
  for (let at = 0; at < bytes.length; at += 1000) phone.passed(relay, 'down', bytes.subarray(at, at + 1000));
  assert.deepEqual(
    phone.anchors.map(({ kind, epoch, offset }) => [kind, epoch, offset]),
    [
      ['join', 'e1', 2],
      ['resume', 'e2', 1],
    ],
  );
  assert.deepEqual([phone.resumes, ledger.witnessed, ledger.contradictions], [1, 1, []]);
  ledger.ordered('witness', { ...room('e1')[0], ev: 'stream_updated' });
  assert.equal(ledger.contradictions.length, 1);
});

test('snapshots within an epoch are needless, but for a session that has ended', () => {
  const phone = new Ledger().phone('alice');
  const at = (kind, epoch, when) => phone.anchors.push({ kind, epoch, offset: 1, snapshot: null, at: when });
  at('join', 'e1', 0);
  at('join', 'e2', 20_000);
  at('join', 'e2', 21_000);
  at('join', 'e2', 90_000);
  assert.deepEqual(
    phone.needlessSnapshots((when) => when === 90_000),
    [],
  );
  assert.deepEqual(
    phone.needlessSnapshots(() => false).map(({ at: when }) => when),
    [90_000],
  );
  at('sync', 'e2', 90_001);
  assert.equal(phone.needlessSnapshots(() => true).length, 1);
});

/** An unmasked text frame. */
function text(frame) {
  const payload = Buffer.from(JSON.stringify(frame));
  const head =
    payload.length < 126 ? Buffer.from([0x81, payload.length]) : Buffer.alloc(payload.length < 65536 ? 4 : 10);
  head[0] = 0x81;
  if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
  } else if (head.length === 10) {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, payload]);
}

test("a client's frames are unmasked", () => {
  const notes = [];
  const phone = new Ledger((who, what) => notes.push(`${who} ${what}`)).phone('alice');
  const plain = text({ id: 1, m: 'subscribe', p: { user: 'bob', video: false } });
  const mask = Buffer.from([1, 2, 3, 4]);
  const masked = Buffer.concat([
    Buffer.from([0x81, plain[1] | 0x80]),
    mask,
    plain.subarray(2).map((byte, index) => byte ^ mask[index % 4]),
  ]);
  phone.passed({}, 'up', Buffer.concat([Buffer.from('GET /v1 HTTP/1.1\r\n\r\n'), masked]));
  assert.deepEqual(notes, ['alice asks subscribe bob ']);
});

test('a message in fragments is one frame', () => {
  const frames = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  reader.feed(
    Buffer.concat([
      Buffer.from('HTTP/1.1 101\r\n\r\n'),
      Buffer.from([0x01, 3]),
      Buffer.from('{"a'),
      Buffer.from([0x80, 4]),
      Buffer.from('":1}'),
    ]),
  );
  assert.deepEqual(frames, [{ a: 1 }]);
});
