/** An example of `examples/`, built as its README says, and a call in what was built. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { PATIENCE_MS, assertNoFaults, startGateway } from '../e2e/support.mjs';
import { flowing } from '../e2e/witness.mjs';
import { Phone } from '../../simulator/index.js';
import { temporaryFolder } from '../folder.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PACKAGE = join(ROOT, 'target/sdk/npm/miniapp-rtc');
const BUILDING_MS = 100_000;
/** Nobody listens there: the tools tell and ask their makers nothing, and build with a network as without. */
const NOWHERE = 'http://127.0.0.1:9';

/**
 * @param {string} name folder in `examples/`
 * @param {string} script of its package.json
 * @param {string} built folder that the script leaves, with app.json in it
 * @returns {string} that folder
 */
export function build(t, name, script, built) {
  const project = join(ROOT, 'examples', name);
  assert.ok(existsSync(join(project, 'node_modules')), `its packages are missing; run: npm ci in examples/${name}`);
  const folder = temporaryFolder(t, 'framework');
  const env = { ...process.env, CI: '1', HOME: folder, http_proxy: NOWHERE, https_proxy: NOWHERE };
  const run = (program, ...words) => {
    try {
      return execFileSync(program, words, { cwd: project, encoding: 'utf8', stdio: 'pipe', timeout: BUILDING_MS, env });
    } catch ({ stdout, stderr, message }) {
      throw new Error(`${message}\n${`${stdout}${stderr}`.slice(-2000)}`);
    }
  };
  const tarball = run('npm', 'pack', '--silent', '--pack-destination', folder, PACKAGE).trim();
  // What `npm install` does with a package that needs no other, without asking a registry for what the others might
  // need.
  const installed = join(project, 'node_modules/miniapp-rtc');
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(installed);
  run('tar', '-xzf', join(folder, tarball), '-C', installed, '--strip-components=1');
  run('npm', 'run', script);
  assert.ok(existsSync(join(project, built, 'app.json')), `${script} left no ${built}/app.json`);
  return join(project, built);
}

/**
 * A user goes into the call: the first page's form says where, filled in by hand or by the page's address.
 * @param {'typed' | 'address'} how
 */
async function enter(t, gateway, root, user, how) {
  const phone = await Phone.boot({ root, name: user, native: { retryMs: 500, stallMs: 4000 } });
  t.after(() => phone.close());
  const token = await gateway.token({ room: 'room', user });
  const settings = Object.entries({ gateway: gateway.ws, appId: gateway.app.id, room: 'room', user, token });
  const query = settings.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  await phone.open(`/${phone.compiled.pages[0]}${how === 'address' ? `?${query}` : ''}`);
  await phone.waitFor(() => phone.page.find('#enter'), PATIENCE_MS, 'the form');
  if (how === 'typed') for (const [name, value] of settings) phone.page.find(`#${name}`).input(value);
  phone.page.find('#enter').tap();
  return phone;
}

const native = (phone, tag) => phone.page.find(tag)?.data;
const pushed = (phone) => native(phone, 'live-pusher')?.url;
const played = (phone) => native(phone, 'live-player')?.src;
const starts = {
  pusher: (phone) => phone.stats().pusher?.publishes ?? 0,
  player: (phone) => Object.values(phone.stats().players).reduce((sum, { connects }) => sum + connects, 0),
};

/**
 * What every example shall do: a call of two, in which a tag that broke is played again at its address, or gets a new
 * one; and whoever leaves is gone for the other.
 */
export async function callWithRepairs(t, root) {
  const gateway = await startGateway(t);
  const [alice, bob] = [
    await enter(t, gateway, root, 'alice', 'typed'),
    await enter(t, gateway, root, 'bob', 'address'),
  ];
  await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);

  const repaired = async ({ phone, kind, target, code, address, changes }) => {
    const before = { address: address(phone), starts: starts[kind](phone) };
    phone.injectCode(target, code);
    const done = () =>
      changes ? address(phone) && address(phone) !== before.address : starts[kind](phone) > before.starts;
    await phone.waitFor(done, PATIENCE_MS, changes ? `a new address for the ${kind}` : `the ${kind} to start again`);
    await flowing(bob, 'alice');
    if (!changes) assert.equal(address(phone), before.address, 'at the address that it had');
  };
  const pusher = { phone: alice, kind: 'pusher', target: 'pusher', address: pushed };
  const player = { phone: bob, kind: 'player', target: { uid: 'alice' }, address: played };
  await t.test('STREAM_CONTROL: a pusher without its encoder is started again', () =>
    repaired({ ...pusher, code: -1304, changes: false }),
  );
  await t.test('STREAM_CONTROL: a player that came to an end is started again', () =>
    repaired({ ...player, code: 2006, changes: false }),
  );
  await t.test('UPDATE_URL: a pusher that gave up gets a new address', () =>
    repaired({ ...pusher, code: -1307, changes: true }),
  );
  await t.test('UPDATE_URL: a player that gave up gets a new address', () =>
    repaired({ ...player, code: -2301, changes: true }),
  );

  await t.test('whoever leaves is gone for the other', async () => {
    alice.page.find('#leave').tap();
    await bob.waitFor(() => !bob.page.find('live-player'), PATIENCE_MS, 'alice to be gone');
    assert.equal(alice.page.find('live-pusher'), null);
  });
  await t.test('and the rules of the environment were kept', () => assertNoFaults(alice, bob));
}
