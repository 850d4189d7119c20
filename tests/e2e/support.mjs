/** What every end-to-end test stands on: a gateway of its own and a meeting in it, both gone at the test's end. */

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { GatewayProcess } from './gateway-process.mjs';
import { Meeting } from './meeting.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BIN = process.env.MINIAPP_RTC_GATEWAY_BIN ?? join(ROOT, 'target/debug/miniapp-rtc-gateway');
export const EXAMPLE = join(ROOT, 'example-miniapp');

/** How long anything in a call may take on a slow machine. */
export const PATIENCE_MS = 20_000;

/** @param {import('node:test').TestContext} t */
export async function startGateway(t, options = {}) {
  assert.ok(existsSync(BIN), `${BIN} is missing; run: cargo xtask test --only e2e`);
  const gateway = await GatewayProcess.start({ bin: BIN, ...options });
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
  const folder = mkdtempSync(join(tmpdir(), 'example-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
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

export function assertNoFaults(...phones) {
  for (const phone of phones) assert.deepEqual(phone.faults, [], `${phone.name} broke a rule of its environment`);
}
