/** A stage in a browser: a gateway, phones with the example, and a page that a test uses as a person does. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium as driver } from 'playwright-core';

import { chromium, HEADLESS } from '../chromium.mjs';
import { EXAMPLE } from '../e2e/support.mjs';
import { MEETING, StageService } from '../e2e/stage-service.mjs';
import { Stage } from '../../simulator/stage/stage.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const BIN = process.env.MINIAPP_RTC_GATEWAY_BIN ?? join(ROOT, 'target/debug/miniapp-rtc-gateway');
const SHOTS = join(ROOT, 'target/stage');
const FAKE_CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
/** A laptop. */
const WINDOW = { width: 1280, height: 720 };
const PATIENCE_MS = 20_000;
const MOVING_MS = 1500;
const LOOKS = ['en', 'zh'].flatMap((language) => ['light', 'dark'].map((theme) => [language, theme]));

/** A Chromium with a fake camera, that plays without being tapped first. */
export function launch() {
  return driver.launch({
    executablePath: chromium(),
    args: [...HEADLESS, '--autoplay-policy=no-user-gesture-required', ...FAKE_CAMERA],
  });
}

export class OpenedStage {
  /**
   * @param {{ address?: string }} [how] `address`: of the page that phones open, with its room; else their first one
   */
  static async start({ address } = {}) {
    const service = await StageService.start(BIN, address ?? MEETING);
    const page = address && ((user) => service.addressOf(user));
    const runs = [];
    const stage = await Stage.start({ root: EXAMPLE, service, page, onRun: (run) => runs.push(run) });
    const browser = await launch();
    const opened = new OpenedStage({ service, stage, browser, runs });
    await opened.#open();
    return opened;
  }

  /** @private use OpenedStage.start */
  constructor(parts) {
    Object.assign(this, parts);
    /** What the browser's console had to complain of. */
    this.complaints = [];
    /** What the stage told the page, as it was sent. @type {string[]} */
    this.told = [];
  }

  async #open() {
    const context = await this.browser.newContext({ viewport: WINDOW, locale: 'en-GB', colorScheme: 'light' });
    await context.grantPermissions(['camera', 'microphone']);
    this.page = await context.newPage();
    this.page.setDefaultTimeout(PATIENCE_MS);
    this.page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()))
        this.complaints.push(`${message.text()} (${message.location().url})`);
    });
    this.page.on('pageerror', (error) => this.complaints.push(error.stack));
    this.page.on('requestfailed', (request) => {
      // What a web user asks of the gateway while its page closes is nobody's any more.
      if (request.url().startsWith(this.stage.address)) this.complaints.push(`${request.url()} failed`);
    });
    this.page.on('websocket', (socket) => {
      // A web user beside the phones has sockets of its own.
      if (!socket.url().endsWith('/stage')) return;
      socket.on('framereceived', ({ payload }) => this.told.push(String(payload)));
    });
    await this.page.goto(this.stage.address);
  }

  /** What the stage told the page of one kind. @returns {object[]} */
  news(type) {
    return this.told.map((text) => JSON.parse(text)).filter((message) => message.type === type);
  }

  /** Waits until something holds. @template T @param {() => T} predicate @returns {Promise<T>} */
  async until(predicate, what, patience = PATIENCE_MS) {
    for (const end = Date.now() + patience; ; await this.page.waitForTimeout(100)) {
      const met = predicate();
      if (met) return met;
      assert.ok(Date.now() < end, `${what}: not within ${patience} ms`);
    }
  }

  /** The screen of a phone. */
  screen(name) {
    return this.page.frameLocator(`[data-phone="${name}"] iframe`);
  }

  /** The line below a phone that says what became of it. */
  recovery(name) {
    return this.page.locator(`[data-phone="${name}"] .recovery`);
  }

  /**
   * Waits until the picture in the last such tag of a phone is there, and moves. @param {'live-pusher' | 'live-player'}
   * tag @returns {Promise<Picture>}
   */
  moving(name, tag) {
    return this.movingIn(this.screen(name).locator(`wx-${tag} video`).last(), `${tag} on the phone of ${name}`);
  }

  /** Waits until the picture in a video is there, and moves. @returns {Promise<Picture>} */
  async movingIn(video, what) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      await video.waitFor();
      const before = await video.evaluate(look);
      await this.page.waitForTimeout(MOVING_MS);
      const after = await video.evaluate(look);
      const changed = before.pixels.filter((value, index) => Math.abs(value - after.pixels[index]) > 12).length;
      if (before.width > 0 && changed > 20) return after;
      assert.ok(Date.now() < end, `the picture of ${what} does not move (${changed} changes)`);
    }
  }

  /** A picture of the page for people, in target/stage. */
  async shot(name) {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`) });
  }

  /**
   * Such a picture in each language, light and dark; then the page is as before: English and light.
   * @returns {Promise<Buffer[]>} the pictures
   */
  async everyLook(name) {
    const pictures = [];
    for (const [language, theme] of LOOKS) {
      await this.page.evaluate(put, { language, theme });
      await this.shot(`${name}-${theme}-${language}`);
      pictures.push(readFileSync(join(SHOTS, `${name}-${theme}-${language}.png`)));
    }
    await this.page.evaluate(put, { language: 'en', theme: 'light' });
    return pictures;
  }

  async close() {
    await this.browser.close();
    await this.stage.close();
    await this.service.stop();
  }
}

/** Runs in the page: its own buttons put language and theme to what is asked. */
function put({ language, theme }) {
  const { documentElement: root } = document;
  if (root.lang !== language) document.getElementById('language').click();
  if ((root.dataset.theme ?? 'light') !== theme) document.getElementById('theme').click();
}

/**
 * Runs in the page. @typedef {{ width: number, pixels: number[], color: number[] }} Picture `pixels`: grey values of
 * a small copy; `color`: the mean of red, green and blue
 */
function look(video) {
  const canvas = video.ownerDocument.createElement('canvas');
  Object.assign(canvas, { width: 36, height: 64 });
  const context = canvas.getContext('2d');
  if (video.videoWidth > 0) context.drawImage(video, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const pixels = [];
  const color = [0, 0, 0];
  for (let at = 0; at < data.length; at += 4) {
    pixels.push(Math.round((data[at] + data[at + 1] + data[at + 2]) / 3));
    for (const band of [0, 1, 2]) color[band] += data[at + band] / (data.length / 4);
  }
  return { width: video.videoWidth, pixels, color };
}
