import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const { Tiles } = createRequire(import.meta.url)('../../example-miniapp/pages/meeting/tiles.js');

test('a tile for each user and for each screen, in slots that stay', () => {
  const tiles = new Tiles();
  assert.deepEqual(tiles.add('alice', false), {
    'tiles[0]': { slot: 0, uid: 'alice', screen: false, url: '', audio: false, video: false, failed: false },
  });
  assert.deepEqual(Object.keys(tiles.add('alice', true)), ['tiles[1]']);
  assert.deepEqual(Object.keys(tiles.add('bob')), ['tiles[2]']);
  assert.deepEqual(tiles.add('bob', false), {});
  assert.deepEqual(tiles.update('bob', false, { audio: true }), { 'tiles[2].audio': true });
});

test('a free slot is used again, and nothing else moves', () => {
  const tiles = new Tiles();
  for (const uid of ['alice', 'bob', 'carol']) tiles.add(uid, false);
  assert.deepEqual(tiles.remove('bob', false), { 'tiles[1].uid': '', 'tiles[1].url': '' });
  assert.deepEqual(Object.keys(tiles.add('dave', false)), ['tiles[1]']);
  assert.deepEqual(tiles.update('carol', false, { url: 'u' }), { 'tiles[2].url': 'u' });
});

test('who is not there changes nothing', () => {
  const tiles = new Tiles();
  assert.deepEqual(tiles.update('eve', false, { url: 'u' }), {});
  assert.deepEqual(tiles.remove('eve', true), {});
  assert.equal(tiles.has('eve', false), false);
});

test('a stream that ends: the user stays, the screen goes', () => {
  const tiles = new Tiles();
  tiles.add('alice', false);
  tiles.add('alice', true);
  assert.deepEqual(tiles.clear('alice', false), {
    'tiles[0].url': '',
    'tiles[0].audio': false,
    'tiles[0].video': false,
    'tiles[0].failed': false,
  });
  assert.deepEqual(tiles.clear('alice', true), { 'tiles[1].uid': '', 'tiles[1].url': '' });
  assert.equal(tiles.has('alice', false), true);
});
