/** The token makers for application servers: byte for byte the golden vectors, and taken by a running gateway. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { startGateway } from '../e2e/support.mjs';
import { join } from './join.mjs';
import { answersTo, commandOf, hindrance, LANGUAGES } from './languages.mjs';

const FILE = JSON.parse(readFileSync(new URL('../vectors/tokens.json', import.meta.url), 'utf8'));
const DAY = 24 * 3600;

const SIGNED = FILE.vectors.filter(({ message }) => message);

/** What a driver reads. Strings travel as base64: they may hold anything. */
const claims = ({ app = FILE.app, key = FILE.key, room, user, expiresAt, privileges, issuedAt, nonce }) =>
  [
    ...[app, key, room, user].map((text) => Buffer.from(text).toString('base64')),
    expiresAt,
    privileges.map((grant) => grant.join(':')).join(','),
    issuedAt,
    nonce,
  ].join(' ');

/** Publishing stands for its three parts, and no order is kept. */
const asAsked = (fields) => ({
  ...fields,
  privileges: fields.privileges.filter(([key]) => ![1, 2, 3].includes(key)).reverse(),
});

const GOOD = asAsked(SIGNED[0].fields);

/** Claims of which no token can be made, each with the word that the refusal has to hold, whatever the language. */
const REFUSED = {
  'an app id of 23 letters': [{ app: FILE.app.slice(1) }, /^app_?id/i],
  'an app id with a line end': [{ app: `${FILE.app.slice(1)}\n` }, /^app_?id/i],
  'an app id and a line end': [{ app: `${FILE.app}\n` }, /^app_?id/i],
  'no key': [{ key: '' }, /^app_?key/i],
  'a room with a space': [{ room: 'room 1' }, /^room/i],
  'a room with a line end': [{ room: 'room-1\n' }, /^room/i],
  'a room of 129 letters': [{ room: 'R'.repeat(129) }, /^room/i],
  'a room in Chinese': [{ room: '房间' }, /^room/i],
  'part of a room for all': [{ room: 'room*' }, /^room/i],
  'no user': [{ user: '' }, /^user/i],
  'every user': [{ user: '*' }, /^user/i],
  'a user with a line end': [{ user: 'user-1\n' }, /^user/i],
  'a user of 129 letters': [{ user: 'u'.repeat(129) }, /^user/i],
  'a duration for a time': [{ expiresAt: 3600 }, /^expires_?at/i],
  'milliseconds for a time': [{ expiresAt: GOOD.expiresAt * 1000 }, /./],
  'milliseconds for the end of a privilege': [{ privileges: [[4, GOOD.expiresAt * 1000]] }, /./],
};

test('the vectors hold what the makers are asked for', () => assert.equal(SIGNED.length, 4));

for (const language of LANGUAGES) {
  describe(language.name, () => {
    const skip = hindrance(language);

    test('signs the golden vectors byte for byte', { skip }, (t) => {
      const lines = SIGNED.map(({ fields }) => claims(asAsked(fields)));
      const tokens = SIGNED.map(({ token }) => token);
      assert.deepEqual(answersTo(lines, language, t), tokens);
    });

    test('makes no token that no gateway takes', { skip }, (t) => {
      const lines = Object.values(REFUSED).map(([wrong]) => claims({ ...GOOD, ...wrong }));
      const answers = answersTo(lines, language, t);
      Object.entries(REFUSED).forEach(([name, [, reason]], index) => {
        const [word, ...rest] = answers[index].split(': ');
        assert.equal(word, 'refused', `${name}: ${answers[index]}`);
        assert.match(rest.join(': '), reason, name);
      });
    });

    test('its command makes a token that a gateway takes, for a day, another one each time', { skip }, async (t) => {
      const gateway = await startGateway(t);
      const tokens = ['alice', 'bob'].map((user) => commandOf(language, gateway.app, 'room-1', user));

      const env = { ...process.env, MINIAPP_RTC_APP_ID: gateway.app.id, MINIAPP_RTC_APP_KEY: gateway.app.key };
      const [alice, bob] = tokens.map((token) => {
        const { status, stdout } = spawnSync(gateway.bin, ['token', 'inspect', token], { env, encoding: 'utf8' });
        assert.equal(status, 0, stdout);
        return JSON.parse(stdout);
      });
      const { app, room, user, signature, privileges } = alice;
      assert.deepEqual(
        { app, room, user, signature },
        { app: gateway.app.id, room: 'room-1', user: 'alice', signature: 'valid' },
      );
      assert.deepEqual(
        privileges.map((grant) => [grant.key, grant.expires_at]),
        [0, 1, 2, 3, 4].map((key) => [key, 0]),
      );
      assert.ok(Math.abs(alice.expires_at - alice.issued_at - DAY) <= 1, 'it holds for a day');
      assert.ok(Math.abs(alice.issued_at - Date.now() / 1000) < 60, 'it is of now');
      assert.notEqual(alice.nonce, bob.nonce);

      const at = { gateway: gateway.ws, appId: gateway.app.id, room: 'room-1' };
      const enter = async (name, token) => (await join(t, { ...at, user: name, token })).ok?.snapshot.members;
      assert.deepEqual(await enter('alice', tokens[0]), []);
      assert.deepEqual(
        (await enter('bob', tokens[1])).map((member) => member.user),
        ['alice'],
      );
      assert.equal(await enter('mallory', tokens[1]), undefined, 'a token is good for its own user only');
    });
  });
}
