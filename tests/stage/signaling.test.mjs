/** What may be shown of signaling: names and the room, and nothing that opens anything. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Roster } from '../../simulator/stage/roster.js';
import { readFrame } from '../../simulator/stage/signaling.js';

const SECRET = 'keep-this-to-yourself';
const frames = {
  join: [{ id: 1, m: 'join', p: { app: 'a', room: 'r', user: 'alice', token: SECRET } }, true],
  joined: [
    {
      id: 1,
      m: 'join',
      ok: {
        session: 's',
        secret: SECRET,
        snapshot: {
          epoch: 'e',
          offset: 3,
          members: [{ user: 'bob', suspended: true, secret: SECRET }],
          streams: [
            { stream: 's_1', user: 'bob', kind: 'camera', generation: 2, audio: true, video: false, url: SECRET },
          ],
        },
      },
    },
    false,
  ],
  leased: [{ id: 2, m: 'subscribe', ok: { lease: { urls: [{ transport: 'rtmp', url: SECRET }] } } }, false],
  renewed: [{ ev: 'url_updated', d: { role: 'player', user: 'bob', lease: { urls: [{ url: SECRET }] } } }, false],
  refused: [{ id: 3, err: { code: 4101, name: 'token_signature', reason: SECRET } }, false],
};

test('no secret is in what is read of a frame', () => {
  for (const [name, [frame, sent]] of Object.entries(frames)) {
    const read = readFrame(JSON.stringify(frame), sent);
    assert.ok(read, name);
    assert.doesNotMatch(JSON.stringify(read), new RegExp(SECRET), name);
  }
});

test('names, and the room, are read', () => {
  const read = Object.fromEntries(
    Object.entries(frames).map(([name, [frame, sent]]) => [name, readFrame(JSON.stringify(frame), sent)]),
  );
  assert.deepEqual(read.join, { what: 'request', name: 'join', id: 1, user: 'alice', room: 'r' });
  assert.deepEqual(read.refused, { what: 'refusal', name: 'token_signature', id: 3, body: { code: 4101 } });
  assert.deepEqual(read.joined.snapshot.members, [{ user: 'bob', suspended: true }]);
  assert.deepEqual(read.renewed.body, { role: 'player', user: 'bob' });
});

test('what is no frame is none', () => {
  for (const text of [
    '',
    '[]',
    '1',
    'null',
    '{"m":7}',
    '{"ev":{}}',
    '{"id":1,"m":"ping"}',
    `{"ev":"${'x'.repeat(65)}"}`,
  ])
    assert.equal(readFrame(text, false), undefined, text);
});

test('the end of an old socket does not end the session on a new one', () => {
  const roster = new Roster();
  const joined = readFrame(JSON.stringify(frames.joined[0]), false);
  roster.take(joined, 1);
  roster.take(joined, 2);
  roster.take(readFrame('{"id":9,"m":"leave","ok":{}}', false), 1);
  roster.socketLost(1);
  assert.deepEqual([roster.isUp, roster.joins], [true, 2]);
  roster.socketLost(2);
  assert.equal(roster.isUp, false);
});

test('a roster follows snapshot and events, and knows when the phone is out', () => {
  const roster = new Roster();
  const take = (frame, sent = false) => roster.take(readFrame(JSON.stringify(frame), sent));
  for (const [frame, sent] of [frames.join, frames.joined]) take(frame, sent);
  assert.deepEqual([roster.isUp, roster.room], [true, 'r']);
  const users = () => roster.list().map(({ user, suspended, streams }) => [user, suspended, streams.length]);
  assert.deepEqual(users(), [
    ['alice', false, 0],
    ['bob', true, 1],
  ]);
  take({ ev: 'member_resumed', ep: 'e', off: 4, d: { user: 'bob' } });
  take({ ev: 'stream_stalled', ep: 'e', off: 5, d: { stream: 's_1', user: 'bob', kind: 'camera' } });
  assert.equal(roster.list()[1].suspended, false);
  assert.equal(roster.list()[1].streams[0].stalled, true);
  take({ ev: 'stream_removed', ep: 'e', off: 6, d: { stream: 's_1', user: 'bob', kind: 'camera', reason: 'left' } });
  take({ ev: 'member_left', ep: 'e', off: 7, d: { user: 'bob', reason: 'left' } });
  assert.deepEqual(users(), [['alice', false, 0]]);
  take({ ev: 'kicked', d: { reason: 'duplicate_login' } });
  assert.equal(roster.isUp, false);
  assert.deepEqual(users(), []);
});
