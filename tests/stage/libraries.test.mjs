/** Apps of others on the stage: the components of TDesign and Vant look as their makers drew them, and take taps. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { layOut } from '../ui-libraries/support.mjs';
import { Stage } from '../../simulator/stage/stage.js';
import { launch } from './opened.mjs';

const PAGES = { alice: '/pages/tdesign/tdesign', bob: '/pages/vant/vant' };
const root = layOut();
const stage = await Stage.start({ root, page: async (name) => PAGES[name] });
const browser = await launch();
after(async () => {
  await browser.close();
  await stage.close();
});

test('styles: components, what pages give them, app-wide classes', async () => {
  const page = await browser.newPage();
  // Their icon fonts lie on servers elsewhere.
  await page.route(/^https:/, (route) => route.fulfill({ status: 204 }));
  await page.goto(stage.address);
  const looks = async (name, words) => {
    const button = page.frameLocator(`[data-phone="${name}"] iframe`).getByRole('button', { name: words });
    await button.first().waitFor();
    return button.first().evaluate((node) => {
      const { backgroundColor, height, width } = getComputedStyle(node);
      return { backgroundColor, height: Math.round(Number.parseFloat(height)), width: Number.parseFloat(width) };
    });
  };
  // Both are blocks, as wide as the screen of 390 pixels; TDesign's is 96rpx high, Vant's 50px.
  assert.deepEqual(await looks('alice', /Open$/), { backgroundColor: 'rgb(0, 82, 217)', height: 50, width: 390 });
  assert.deepEqual(await looks('bob', /Open$/), { backgroundColor: 'rgb(7, 193, 96)', height: 50, width: 390 });

  const screen = page.frameLocator('[data-phone="alice"] iframe');
  await screen.getByRole('button', { name: 'Open', exact: true }).first().click();
  const words = screen.getByText('It goes away.');
  await words.waitFor();
  const { x, width } = await words.evaluate((node) => node.getBoundingClientRect());
  assert.ok(Math.abs(x + width / 2 - 195) < 3, `the dialog stands in the middle, not at ${x + width / 2}`);
  await screen.getByText('Yes', { exact: true }).click();
  await words.waitFor({ state: 'hidden' });
  for (const { phone } of stage.phones.values()) assert.deepEqual(phone.faults, [], phone.name);
});
