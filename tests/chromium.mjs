/** The Chromium or Chrome of this machine, and how this repository starts it. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What each start is given: no window, nothing from the network. */
export const {
  'goog:chromeOptions': { args: HEADLESS },
} = JSON.parse(readFileSync(new URL('../webdriver.json', import.meta.url), 'utf8'));

/** @returns {string} the program's path */
export function chromium() {
  const names = ['chromium', 'google-chrome', 'google-chrome-stable', 'chrome'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  const path = found ?? (existsSync(mac) ? mac : undefined);
  assert.ok(path, 'no Chromium or Chrome on PATH; run: cargo xtask setup');
  return path;
}
