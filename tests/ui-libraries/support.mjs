/** A phone with the app of this folder and the libraries it uses, laid out as DevTools' "build npm" lays them out. */

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Phone } from '../../simulator/index.js';

const here = fileURLToPath(new URL('.', import.meta.url));

/** The app with its libraries, laid out once for a file of tests. @returns {string} its root */
export function layOut() {
  const root = mkdtempSync(join(tmpdir(), 'ui-libraries-'));
  after(() => rmSync(root, { recursive: true, force: true }));
  cpSync(join(here, 'app'), root, { recursive: true });
  for (const name of ['tdesign-miniprogram', '@vant/weapp']) {
    const installed = join(here, 'node_modules', name);
    assert.ok(existsSync(installed), 'the libraries are missing; run: npm ci in tests/ui-libraries');
    // A package made for mini-programs names the folder that becomes miniprogram_npm/<name>.
    const { miniprogram } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    cpSync(join(installed, miniprogram), join(root, 'miniprogram_npm', name), { recursive: true });
  }
  return root;
}

/** Opens a page; the phone closes with the test. */
export async function openPage(t, root, address) {
  const phone = await Phone.boot({ root, name: 'phone' });
  t.after(() => phone.close());
  await phone.open(address);
  return phone;
}

/** A finger on the native button that shows these words, inside a node. */
export function press(phone, selector, words) {
  const buttons = phone.page
    .find(selector)
    .findAll('button')
    .filter((button) => words === undefined || button.text() === words);
  assert.equal(buttons.length, 1, `${buttons.length} buttons '${words}' in ${selector}`);
  buttons[0].tap();
}

/** Waits until the page's `said` is this. */
export const said = (phone, words) =>
  phone.waitFor(
    () => phone.page.data.said === words,
    3000,
    `the page to say '${words}', not '${phone.page.data.said}'`,
  );

/** Waits until a dialog is open and shows these words. */
export const shows = (phone, selector, words) =>
  phone.waitFor(
    () => {
      const dialog = phone.page.find(selector);
      return (dialog.data.visible ?? dialog.data.show) && dialog.text().includes(words);
    },
    3000,
    `${selector} to show '${words}'`,
  );
