/** The example's application server: who has logged in gets a token in their own name, and joins the room with it. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join as path } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { endWithThisProcess } from '../../simulator/native/processes.js';
import { startGateway } from '../e2e/support.mjs';
import { temporaryFolder } from '../folder.mjs';
import { join } from './join.mjs';

const SERVER = fileURLToPath(new URL('../../examples/token-server/node/server.mjs', import.meta.url));
const WEB_PAGE = 'http://localhost:3000/';

/** A gateway, and the server that makes tokens for it; `alice` has the password `open sesame`. */
async function start(t) {
  const gateway = await startGateway(t);
  const env = {
    ...process.env,
    MINIAPP_RTC_APP_ID: gateway.app.id,
    MINIAPP_RTC_APP_KEY: gateway.app.key,
    GATEWAY: gateway.ws,
    WEB_PAGE,
    PORT: '0',
    USERS: path(temporaryFolder(t, 'users'), 'users.json'),
  };
  const add = (name) => spawnSync('node', [SERVER, 'add', name], { env, input: 'open sesame\n', encoding: 'utf8' });
  assert.equal(add('alice').status, 0);
  const child = spawn('node', [SERVER], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  endWithThisProcess(child);
  t.after(() => child.kill());
  const [address] = await once(createInterface({ input: child.stdout }), 'line');
  return { gateway, env, add, address };
}

const form = (fields) => ({ method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
const json = (value, headers = {}) => ({
  method: 'POST',
  body: JSON.stringify(value),
  headers: { 'content-type': 'application/json', ...headers },
});

async function login({ address }, fields = {}) {
  const answer = await fetch(new URL('/login', address), form({ user: 'alice', password: 'open sesame', ...fields }));
  return { answer, cookie: answer.headers.get('set-cookie')?.split(';')[0] };
}

/** What a page shows, read as a browser reads it. */
const unescaped = (html) => html.replaceAll('&amp;', '&');

test('a user logs in, gets a link, and its token opens the room', async (t) => {
  const server = await start(t);
  assert.match(await (await fetch(server.address)).text(), /<form method="post" action="\/login">/);
  const { answer, cookie } = await login(server);
  assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/']);
  assert.match(answer.headers.get('set-cookie'), /HttpOnly; SameSite=Strict/);
  const headers = { cookie };
  assert.match(await (await fetch(server.address, { headers })).text(), /Hello, alice/);

  const joined = await fetch(new URL('/join', server.address), { ...form({ room: 'room-1' }), headers });
  assert.equal(joined.headers.get('cache-control'), 'no-store');
  const page = unescaped(await joined.text());
  const [, link] = /href="([^"]*)"/.exec(page);
  assert.ok(link.startsWith(`${WEB_PAGE}#`), link);
  const fields = Object.fromEntries(new URLSearchParams(new URL(link).hash.slice(1)));
  assert.deepEqual(Object.keys(fields), ['gateway', 'appId', 'room', 'user', 'token']);
  assert.deepEqual([fields.room, fields.user], ['room-1', 'alice']);
  assert.ok(page.includes(`/pages/meeting/meeting?${new URL(link).hash.slice(1)}</code>`));
  assert.deepEqual((await join(t, fields)).ok.snapshot.members, []);

  await fetch(new URL('/logout', server.address), { method: 'POST', headers, redirect: 'manual' });
  assert.match(await (await fetch(server.address, { headers })).text(), /action="\/login"/);
});

test('a mini-program gets its token as JSON, in the name of who logged in, whoever it asks for', async (t) => {
  const server = await start(t);
  const at = (where) => new URL(where, server.address);
  const { session } = await (await fetch(at('/login'), json({ user: 'alice', password: 'open sesame' }))).json();
  const headers = { authorization: `Bearer ${session}` };
  const answer = await fetch(at('/token'), json({ room: 'room-1', user: 'bob' }, headers));
  const { expiresAt, ...fields } = await answer.json();
  assert.equal(fields.user, 'alice');
  assert.ok(Math.abs(expiresAt - 3600 - Date.now() / 1000) < 60);
  assert.deepEqual((await join(t, fields)).ok.snapshot.members, []);
  for (const room of ['*', '', 'a b']) {
    assert.equal((await fetch(at('/token'), json({ room }, headers))).status, 400, `the room ${JSON.stringify(room)}`);
  }
});

test('nobody gets a token without a password', async (t) => {
  const server = await start(t);
  const at = (where) => new URL(where, server.address);
  for (const fields of [{ password: 'wrong' }, { password: '' }, { user: 'bob' }, { user: '__proto__' }]) {
    const { answer, cookie } = await login(server, fields);
    assert.deepEqual([answer.status, cookie], [401, undefined], JSON.stringify(fields));
    assert.match(await answer.text(), /Wrong user or password/);
  }
  const nonsense = { authorization: `Bearer ${'0'.repeat(64)}`, cookie: 'session=00' };
  assert.equal((await fetch(at('/token'), json({ room: 'room-1' }))).status, 401);
  assert.equal((await fetch(at('/token'), json({ room: 'room-1' }, nonsense))).status, 401);
  assert.equal((await fetch(at('/join'), form({ room: 'room-1' }))).headers.get('location'), '/');
});

test('what is no request is refused, and the server goes on', async (t) => {
  const server = await start(t);
  const at = (where) => new URL(where, server.address);
  assert.equal((await fetch(at('/login'), form({ user: 'a'.repeat(5000) }))).status, 413);
  assert.equal((await fetch(at('/login'), { ...json(0), body: '{' })).status, 400);
  assert.equal((await fetch(at('/login'), json(null))).status, 400);
  assert.equal((await fetch(at('/users.json'))).status, 404);
  assert.equal((await login(server)).answer.status, 303);
});

test('a name that no token carries is no user, and the file of passwords is its owner’s', async (t) => {
  const server = await start(t);
  const { status, stderr } = server.add('爱丽丝');
  assert.notEqual(status, 0);
  assert.match(stderr, /user: 1 to 128/);
  assert.equal(statSync(server.env.USERS).mode & 0o077, 0);
});
