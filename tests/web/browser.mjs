/** A {@link Browser} is a Chromium without a window, whose pages are web users. */

import { chromium as driver } from 'playwright-core';

import { chromium, HEADLESS } from '../chromium.mjs';

const FAKE_MEDIA = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--auto-accept-this-tab-capture',
  '--autoplay-policy=no-user-gesture-required',
];

/**
 * @param {{ media?: boolean, args?: string[] }} [how] `media`: it has a fake camera and microphone, and permission for
 *   them; `args`: more of its own
 */
export function startBrowser({ media = true, args = [] } = {}) {
  return driver.launch({ executablePath: chromium(), args: [...HEADLESS, ...(media ? FAKE_MEDIA : []), ...args] });
}

/**
 * Opens a page in a window of its own until the test is over; what it logs as an error fails the test.
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Browser} browser
 * @param {string} address
 * @param {{ errors?: RegExp, context?: object }} [how] `errors`: console errors that are meant to come
 */
export async function openPage(t, browser, address, { errors, context: options = {} } = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !errors?.test(message.text())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  t.after(async () => {
    await context.close();
    if (faults.length) throw new Error(`${new URL(address).pathname} logged errors: ${faults.join('; ')}`);
  });
  await page.goto(address);
  return page;
}
