/** A {@link Browser} is a Chromium without a window, with pages that play media. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import CDP from 'chrome-remote-interface';

import { chromium, HEADLESS } from '../chromium.mjs';
import { endProcess, startProcess } from '../../simulator/native/processes.js';

const START_MS = 20_000;
const STOP_MS = 5_000;
const LOOK_MS = 25;

export class Browser {
  static async start() {
    const browser = new Browser();
    await browser.#ready();
    browser.client = await browser.#connect((targets) => targets[0]);
    return browser;
  }

  /** @private use Browser.start */
  constructor() {
    this.profile = mkdtempSync(join(tmpdir(), 'browser-'));
    const own = [
      '--remote-debugging-port=0',
      `--user-data-dir=${this.profile}`,
      '--autoplay-policy=no-user-gesture-required',
    ];
    this.child = startProcess(chromium(), [...HEADLESS, ...own, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      onMissing: (error) => {
        throw error;
      },
    });
    this.ended = new Promise((resolve) => {
      this.child.once('exit', resolve);
    });
  }

  #ready() {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the browser was not ready within ${START_MS} ms`)), START_MS);
      this.ended.then(() => reject(new Error('the browser ended before it was ready')));
      createInterface({ input: this.child.stderr }).on('line', (line) => {
        const address = line.match(/^DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//);
        if (!address) return;
        this.port = Number(address[1]);
        clearTimeout(late);
        resolve();
      });
    });
  }

  #connect(target) {
    return CDP({ host: '127.0.0.1', port: this.port, target, local: true });
  }

  /** Opens an address in a page of its own, until the test is over. @param {import('node:test').TestContext} t */
  async open(t, address) {
    // A window each: what plays in a tab behind another one is paused.
    const { targetId } = await this.client.Target.createTarget({ url: 'about:blank', newWindow: true });
    const client = await this.#connect(targetId);
    t.after(() => this.client.Target.closeTarget({ targetId }));
    await client.Page.enable();
    const loaded = client.Page.loadEventFired();
    await client.Page.navigate({ url: address });
    await loaded;
    return new Page(client);
  }

  /** Ends the browser and its helpers. */
  async close() {
    const late = setTimeout(() => endProcess(this.child), STOP_MS);
    await this.client.Browser.close();
    await this.ended;
    clearTimeout(late);
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** A page that plays what `page/page.js` is given. */
class Page {
  constructor(client) {
    this.client = client;
  }

  /** Runs an expression, or what a promise of it gives, in the page. */
  async run(expression) {
    const { result, exceptionDetails } = await this.client.Runtime.evaluate({
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    assert.equal(exceptionDetails, undefined, exceptionDetails?.exception?.description);
    return result.value;
  }

  /** @param {string} url @param {object} [settings] of mpegts.js */
  play(url, settings) {
    return this.run(`play(${JSON.stringify(url)}, ${JSON.stringify(settings)})`);
  }

  /**
   * @returns {Promise<{ since: number, time: number, pictures: number, sound: number, width: number, failures: string[]
   * }>}
   */
  progress() {
    return this.run('progress()');
  }

  /** Waits until the player has come so far; says how it stood then. */
  async until(isSo, milliseconds, what) {
    const end = Date.now() + milliseconds;
    for (;;) {
      const progress = await this.progress();
      if (isSo(progress)) return progress;
      assert.ok(
        Date.now() < end,
        `within ${milliseconds} ms: ${what}; the player stands at ${JSON.stringify(progress)}`,
      );
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_MS);
      });
    }
  }

  /** Waits until the player goes on from where it stands now, with pictures, sound or both. */
  async goesOn({ audio = true, video = true }, milliseconds, what) {
    const before = await this.progress();
    return this.until(
      ({ time, pictures, sound }) =>
        time > before.time + 0.1 && (!video || pictures > before.pictures + 2) && (!audio || sound > before.sound),
      milliseconds,
      what,
    );
  }
}
