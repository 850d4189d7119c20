/** What every end-to-end test stands on: a gateway of its own and a meeting in it, both gone at the test's end. */

import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { temporaryFolder } from '../folder.mjs';
import { GatewayProcess } from './gateway-process.mjs';
import { Meeting } from './meeting.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const GATEWAY_BIN = process.env.MINIAPP_RTC_GATEWAY_BIN ?? join(ROOT, 'target/debug/miniapp-rtc-gateway');
export const EXAMPLE = join(ROOT, 'example-miniapp');

/** How long anything in a call may take on a slow machine. */
export const PATIENCE_MS = 20_000;

/**
 * @param {import('node:test').TestContext} t
 * @param {object} [options] of the process; `config`: lines of its configuration file
 */
export async function startGateway(t, { config, ...options } = {}) {
  assert.ok(existsSync(GATEWAY_BIN), `${GATEWAY_BIN} is missing; run: cargo xtask test --only e2e`);
  const args = config === undefined ? [] : ['--config', join(temporaryFolder(t, 'gateway'), 'gateway.toml')];
  if (config !== undefined) writeFileSync(args[1], config);
  const gateway = await GatewayProcess.start({ bin: GATEWAY_BIN, args, ...options });
  t.after(() => gateway.stop());
  return gateway;
}

/** @param {import('node:test').TestContext} t */
export async function startMeeting(t, { gateway, example = EXAMPLE, room } = {}) {
  assert.ok(existsSync(join(EXAMPLE, 'lib/miniapp-rtc.wasm')), 'the SDK is not built; run: cargo xtask build');
  const meeting = new Meeting({ gateway: gateway ?? (await startGateway(t)), example, room });
  t.after(() => meeting.end());
  return meeting;
}

/** The example in a folder of its own, to be changed by one test. */
export function copyExample(t) {
  const folder = temporaryFolder(t, 'example');
  cpSync(EXAMPLE, folder, { recursive: true });
  return folder;
}

/** Waits for the notice that the page shows. */
export async function notice(phone) {
  return JSON.parse(JSON.stringify(await phone.waitFor(() => phone.page.data.notice, PATIENCE_MS, 'a notice')));
}

export function connected(phone) {
  return phone.waitFor(() => phone.page.data.status === 'connected', PATIENCE_MS, 'the join');
}

/** The tile of a user, if the page shows one. */
export function tile(phone, uid) {
  return phone.page.data.tiles.find((shown) => shown?.uid === uid);
}

/** The example, with another background policy. */
export function exampleWithPolicy(t, background) {
  const folder = copyExample(t);
  const config = join(folder, 'config.js');
  writeFileSync(config, `${readFileSync(config, 'utf8')}module.exports.background = '${background}';\n`);
  return folder;
}

export function assertNoFaults(...phones) {
  for (const phone of phones) assert.deepEqual(phone.faults, [], `${phone.name} broke a rule of its environment`);
}
