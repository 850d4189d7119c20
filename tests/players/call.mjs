/**
 * A {@link Call} is a room with alice, who publishes, and bob, who subscribes for a web page: two phones with the built
 * SDK.
 */

import assert from 'node:assert/strict';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Meeting } from '../e2e/meeting.mjs';
import { temporaryFolder } from '../folder.mjs';

const PATIENCE_MS = 20_000;
const SDK = fileURLToPath(new URL('../../target/sdk/', import.meta.url));
const APP = fileURLToPath(new URL('app/', import.meta.url));

export class Call {
  /** @param {import('node:test').TestContext} t @param {import('../e2e/gateway-process.mjs').GatewayProcess} gateway */
  static async start(t, gateway) {
    rooms += 1;
    const meeting = new Meeting({ gateway, example: layOut(t), room: `room-${rooms}`, page: '/pages/call/call' });
    t.after(() => meeting.end());
    const [alice, bob] = await Promise.all(['alice', 'bob'].map((user) => meeting.enter(user)));
    for (const phone of [alice, bob]) {
      await phone.waitFor(() => phone.page.data.status !== 'joining', PATIENCE_MS, 'the join');
      assert.equal(phone.page.data.status, 'joined');
    }
    return new Call(alice, bob);
  }

  /** @private use Call.start */
  constructor(alice, bob) {
    Object.assign(this, { phone: bob, alice: alice.page.instance.client, bob: bob.page.instance.client });
    this.isLive = false;
    this.bob.on('stream-added', () => {
      this.isLive = true;
    });
  }

  /** @returns {Promise<string>} where alice pushes to */
  publish() {
    return this.alice.publish();
  }

  /**
   * Waits until alice's stream is there. @param {{ audio?: boolean, video?: boolean }} [wanted] @returns
   * {Promise<string>} where it is played
   */
  async subscribe(wanted) {
    await this.phone.waitFor(() => this.isLive, PATIENCE_MS, 'the stream');
    return this.bob.subscribe('alice', wanted);
  }

  /**
   * Every new address goes to the page, as the SDK's pages do it. @param {{ play: (url: string) => Promise<void> }}
   * page
   */
  follow(page) {
    this.bob.on('update-url', ({ url }) => page.play(url));
  }
}

let rooms = 0;

function layOut(t) {
  assert.ok(existsSync(join(SDK, 'miniapp-rtc.wasm')), 'the SDK is not built; run: cargo xtask build');
  const root = temporaryFolder(t, 'players');
  cpSync(APP, root, { recursive: true });
  for (const file of ['miniapp-rtc.min.js', 'miniapp-rtc.wasm']) cpSync(join(SDK, file), join(root, 'lib', file));
  return root;
}
