/** The stage as people use it: a real browser, real media, taps and keys. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { OpenedStage } from './opened.mjs';

const KEYS_TO_THE_BUTTON = 40;
/** A fault shows, is over and recovered within this time; the slowest here waits for a ping to stay without answer. */
const RECOVERED_MS = 40_000;

/** How far two pictures are apart in colour. */
const near = (one, other) => Math.hypot(...one.color.map((band, index) => band - other.color[index]));

let opened;
before(async () => {
  opened = await OpenedStage.start();
});
after(() => opened?.close());

test('a phone joins by a tap, the other one by keys alone', async () => {
  const { page } = opened;
  await opened.screen('alice').getByRole('button', { name: 'Enter' }).click();
  await opened.screen('alice').getByText('demo · alice · connected').waitFor();
  await opened.screen('bob').getByRole('textbox', { name: '用户名 User' }).waitFor();
  const isThere = () =>
    page.evaluate(() => {
      const frame = document.querySelector('[data-phone="bob"] iframe');
      const focused = frame.contentDocument.activeElement;
      return (
        document.activeElement === frame && focused.localName === 'wx-button' && focused.textContent.includes('Enter')
      );
    });
  let keys = 0;
  while (!(await isThere())) {
    keys += 1;
    assert.ok(keys < KEYS_TO_THE_BUTTON, 'Tab leads to the button that enters');
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await opened.screen('bob').getByText('demo · bob · connected').waitFor();
});

test('pictures move both ways, and each is the one that was pushed', async () => {
  const [alice, bob] = [await opened.moving('alice', 'live-pusher'), await opened.moving('bob', 'live-pusher')];
  for (const [name, theirs, own] of [
    ['bob', alice, bob],
    ['alice', bob, alice],
  ]) {
    const seen = await opened.moving(name, 'live-player');
    assert.ok(
      near(seen, theirs) < near(seen, own) / 2,
      `${name} sees ${seen.color}, pushed were ${theirs.color} and ${own.color}`,
    );
  }
});

test('the call looks like itself in both languages, light and dark', async () => {
  const pictures = await opened.everyLook('call');
  assert.equal(new Set(pictures.map((picture) => picture.toString('base64'))).size, 4, 'four pictures');
});

test('the chart shows the signaling, the table the codes, the graphs the streams', async () => {
  const { page } = opened;
  for (const name of ['join', 'publish', 'stream_added', 'subscribe'])
    await page.locator('.signals li .name').getByText(name, { exact: true }).first().waitFor();
  await page.getByRole('tab', { name: 'Streams' }).click();
  await page.locator('.graph canvas').nth(3).waitFor();
  await page.locator('.graph .u-legend').getByText('alice → bob').first().waitFor();
  await opened.shot('streams-light-en');
  await page.keyboard.press('ArrowRight');
  await page.locator('.figures').getByText('publishers').waitFor();
  await page.keyboard.press('ArrowRight');
  await page.locator('.codes').getByText('Playback began').first().waitFor();
  await page.getByRole('tab', { name: 'Signaling' }).click();
});

test('the room is shown as the gateway has it: members, streams, bans, and that nobody answers', async () => {
  const { page, service } = opened;
  await page.getByRole('tab', { name: 'Room' }).click();
  await page.locator('#view-room h3').getByText('Room demo as the gateway has it (admin API)').waitFor();
  const line = (name) => page.locator('#view-room li').filter({ has: page.locator('b').getByText(name) });
  for (const name of ['alice', 'bob']) await line(name).getByText('generation 1 · subscribers: 1').waitFor();
  await service.gateway.ban({ room: 'demo', user: 'mallory', seconds: 20 });
  await page.locator('#view-room h4').getByText('Kept out').waitFor();
  await line('mallory')
    .getByText(/^for 1\d s$/)
    .waitFor();
  await opened.shot('room-light-en');
  const { members, streams, bans } = await service.view('demo');
  const shown = await page.locator('#view-room li b').allTextContents();
  assert.deepEqual(
    shown,
    [...members, ...bans].map(({ user }) => user),
  );
  assert.equal(await page.locator('#view-room .chip').getByText('camera').count(), streams.length);
  service.view = () => Promise.reject(new Error('away'));
  await page.locator('#view-room').getByText('the gateway does not answer').waitFor();
  delete service.view;
  await line('bob').waitFor();
  await page.getByRole('tab', { name: 'Signaling' }).click();
});

const BACK = 'picture back after \\d+\\.\\d s';
/** After -1307 the SDK may push again before the picture counts as gone. */
const STAYED = 'picture never away for more than 0\\.[1-5] s';
for (const [fault, struck, other] of [
  ['code--1307', new RegExp(`${BACK}|${STAYED}`), new RegExp(`${BACK}|${STAYED}`)],
  ['cut-network', new RegExp(`${BACK} · signaling back after \\d+\\.\\d s`), new RegExp(BACK)],
]) {
  test(`${fault}: both phones recover, and the page says after how many seconds`, async () => {
    const { page } = opened;
    const runs = await page.locator('.runs li').count();
    await page.locator(`[data-fault="${fault}"]`).click();
    const run = page.locator('.runs li').first();
    await page.waitForFunction((count) => document.querySelectorAll('.runs li').length > count, runs);
    if (fault === 'cut-network') {
      await page.locator('[data-phone="alice"]').getByText('no network').waitFor();
      await page.locator('[data-phone="bob"]').getByText('picture away').waitFor();
      await opened.shot('cut-network-light-en');
    }
    await run.locator('.state').getByText('recovered', { exact: true }).waitFor({ timeout: RECOVERED_MS });
    const lines = await run.locator('.seen').allTextContents();
    assert.equal(lines.length, 2, lines.join(' | '));
    if (fault === 'code--1307') await page.locator('.codes [data-code="-1307"]').first().waitFor({ state: 'attached' });
    assert.match(await opened.recovery('alice').textContent(), struck);
    assert.match(await opened.recovery('bob').textContent(), other);
    await opened.moving('bob', 'live-player');
    await opened.moving('alice', 'live-player');
    await opened.shot(`recovered-${fault}-light-en`);
  });
}

test('a fault in progress, in both languages, light and dark', async () => {
  const { page } = opened;
  await page.locator('[data-fault="weak-network"]').click();
  await page.locator('.runs li').first().locator('.state').getByText('in progress').waitFor();
  const pictures = await opened.everyLook('weak-network');
  assert.equal(new Set(pictures.map((picture) => picture.toString('base64'))).size, 4, 'four pictures');
  const state = page.locator('.runs li').first().locator('.state');
  assert.match(await state.textContent(), /in progress|recovering/, 'the fault lasted as long as the pictures took');
  await state.getByText('recovered', { exact: true }).waitFor({ timeout: RECOVERED_MS });
});

test("this computer's camera takes the place of the test picture, for the other phone as well, and goes again", async () => {
  const { page } = opened;
  const [before, other] = [await opened.moving('bob', 'live-player'), await opened.moving('alice', 'live-player')];
  const camera = page.getByRole('button', { name: "alice shows this computer's camera" });
  const shows = async (isCamera) => {
    const end = Date.now() + RECOVERED_MS;
    for (;;) {
      const seen = await opened.moving('bob', 'live-player');
      // The fake camera of Chromium is green; the picture of alice is blue.
      if (seen.color[1] > seen.color[2] === isCamera) return;
      assert.ok(Date.now() < end, `bob sees ${seen.color}`);
    }
  };
  assert.ok(before.color[2] > before.color[1], `${before.color}`);
  assert.equal(await camera.getAttribute('aria-pressed'), 'false');
  await camera.click();
  await shows(true);
  await opened.shot('camera-light-en');
  assert.equal(await camera.getAttribute('aria-pressed'), 'true');
  await camera.click();
  await shows(false);
  assert.ok(near(await opened.moving('alice', 'live-player'), other) < 60, 'the picture of bob is as before');
});

for (const [button, reason] of [
  ['Duplicate login', 'duplicate_login'],
  ['Kick', 'by_operator'],
])
  test(`${button}: the phone is told why, and is in the call again when its user enters again`, async () => {
    const { page } = opened;
    await page.locator('.segments').getByText('bob').click();
    await page.getByRole('button', { name: button, exact: true }).click();
    await opened.screen('bob').getByText('you were put out of the room').waitFor();
    const told = opened.news('signal').filter(({ phone, name }) => phone === 'bob' && name === 'kicked');
    assert.equal(told.at(-1)?.body.reason, reason);
    await page
      .locator('.runs li')
      .first()
      .locator('.state')
      .getByText('recovered', { exact: true })
      .waitFor({ timeout: RECOVERED_MS });
    await opened.moving('alice', 'live-player');
  });

test('axe finds nothing to complain of, in light and dark', async () => {
  const { page } = opened;
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  for (const theme of ['Dark', 'Light']) {
    const found = await page.evaluate(() =>
      // What is in the screens is the app's.
      globalThis.axe
        .run({ exclude: ['iframe'] }, { iframes: false })
        .then(({ violations }) =>
          violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`),
        ),
    );
    assert.deepEqual(found, []);
    await page.getByRole('button', { name: theme, exact: true }).click();
  }
});

test('Chinese and dark, and back: every word and colour changes, nothing is cut off', async () => {
  const { page } = opened;
  const english = await page.locator('main.stage, header').allInnerTexts();
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('button', { name: '深色' }).click();
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh');
  await page.getByText('制造故障').waitFor();
  const chinese = await page.locator('main.stage, header').allInnerTexts();
  for (const word of ['Make a fault', 'Signaling', 'online', 'picture back', 'Listen'])
    assert.ok(english.join(' ').includes(word) && !chinese.join(' ').includes(word), word);
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(ground, 'rgb(14, 17, 21)');
  const [wide, high] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.scrollHeight,
  ]);
  assert.ok(wide <= 1280 && high <= 720, `the page is ${wide}x${high} in a window of 1280x720`);
  await page.getByRole('tab', { name: '原生状态码' }).click();
  await page.locator('.codes').getByText('开始播放').first().waitFor();
  await opened.shot('codes-dark-zh');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('button', { name: 'Light' }).click();
});

test('a web user beside the phones: seen by them, and sees them; closed, the user is gone', async () => {
  const { page } = opened;
  assert.ok(opened.service.webUser, 'the page of web users is not built; run: cargo xtask build');
  await page.getByRole('button', { name: 'Add a web user' }).click();
  const browser = page.frameLocator('.browser iframe');
  await browser.locator('video').nth(2).waitFor();
  for (const index of [0, 1, 2])
    await opened.movingIn(browser.locator('video').nth(index), `the web user's tile ${index}`);
  for (const name of ['alice', 'bob']) {
    await opened.screen(name).getByText('web-1').waitFor();
    const { color } = await opened.moving(name, 'live-player');
    assert.ok(
      color[1] > color[0] && color[1] > color[2],
      `${name} sees the green picture of the fake camera, not ${color}`,
    );
  }
  await opened.everyLook('web');
  await page.locator('.browser').getByRole('button', { name: 'Close' }).click();
  for (const name of ['alice', 'bob']) await opened.screen(name).getByText('web-1').waitFor({ state: 'detached' });
});

test('a third phone comes when asked for', async () => {
  const { page } = opened;
  await page.getByRole('button', { name: 'Add a phone' }).click();
  await opened.screen('carol').getByRole('button', { name: 'Enter' }).click();
  await opened.screen('carol').getByText('demo · carol · connected').waitFor();
  await opened.screen('carol').locator('wx-live-player video').nth(1).waitFor();
  await opened.moving('carol', 'live-player');
  await opened.moving('alice', 'live-player');
  await opened.everyLook('three');
});

test('the page was told no signed address, no token outside the field that shows it, and complains of nothing', async () => {
  const token = await opened.stage.phones.get('alice').phone.wx.storage.get('join-settings').token;
  assert.ok(token.length > 40 && opened.told.length > 100);
  for (const message of opened.told) {
    assert.doesNotMatch(message, /ticket=|[?&]lease=/);
    if (message.includes(token)) assert.equal(JSON.parse(message).type, 'view');
  }
  assert.deepEqual(opened.complaints, []);
  for (const { phone } of opened.stage.phones.values()) assert.deepEqual(phone.faults, [], phone.name);
});
