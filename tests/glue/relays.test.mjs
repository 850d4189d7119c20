import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relaysIn } from '../../js-glue/src/web/connection.js';

test('the relays of a Link header, as RFC 9725 (4.6) writes them', () => {
  const header =
    '<stun:stun.example.net>; rel="ice-server", ' +
    '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; credential="my,<Password>"; credential-type="password", ' +
    '<turns:turn.example.net:443?transport=tcp>; rel=ice-server; username="user"; credential="secret"';
  assert.deepEqual(relaysIn(header), [
    { urls: 'stun:stun.example.net', username: undefined, credential: undefined },
    { urls: 'turn:turn.example.net?transport=udp', username: 'user', credential: 'my,<Password>' },
    { urls: 'turns:turn.example.net:443?transport=tcp', username: 'user', credential: 'secret' },
  ]);
});

test('links of another kind, and none, are no relays', () => {
  assert.deepEqual(relaysIn('<https://example.net/next>; rel="next"'), []);
  assert.deepEqual(relaysIn(''), []);
});
