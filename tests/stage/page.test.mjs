/** The page before a call and in a second tab: no view and no button is there without a sentence. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { OpenedStage } from './opened.mjs';

let opened;
before(async () => {
  opened = await OpenedStage.start();
});
after(() => opened?.close());

test('a button that needs a call is disabled before there is one, and says why in both languages', async () => {
  const { page } = opened;
  const login = page.locator('[data-fault="duplicate-login"]');
  const title = (element) => element.getAttribute('title');
  await page.locator('[data-fault="duplicate-login"][aria-disabled="true"]').waitFor();
  assert.match(await title(login), /in no room\. Join one first/);
  await login.dispatchEvent('click');
  assert.equal(await page.locator('.runs li').count(), 0, 'nothing is struck');
  await page.getByRole('button', { name: '中文' }).click();
  assert.match(await title(login), /不在房间里/);
  await page.getByRole('button', { name: 'English' }).click();
  assert.equal(await page.locator('[data-fault="cut-network"]').getAttribute('aria-disabled'), 'false');
  await opened.screen('alice').getByRole('button', { name: 'Enter' }).click();
  await page.locator('[data-fault="duplicate-login"][aria-disabled="false"]').waitFor();
});

test('a tab that is opened later shows the signaling so far, or says that there is none', async () => {
  const { page } = opened;
  await page.locator('.signals li .name').getByText('publish', { exact: true }).first().waitFor();
  const tab = await page.context().newPage();
  await tab.goto(opened.stage.address);
  const rows = (which) => which.locator('.signals li:not(.routine) .name').allTextContents();
  await tab.locator('.signals li .name').getByText('publish', { exact: true }).first().waitFor();
  // Both go on being told meanwhile.
  for (let tries = 0; tries < 50 && String(await rows(tab)) !== String(await rows(page)); tries += 1) await pause(100);
  assert.deepEqual(await rows(tab), await rows(page));
  assert.equal(await tab.locator('#view-signals .empty').isVisible(), false);
  await tab.close();
  // As after a long call of which nothing is remembered: rows that are hidden tell nobody anything.
  const isSaid = await page.evaluate(async () => {
    const { Signals } = await import('/signals.js');
    const place = document.createElement('div');
    const signals = new Signals(place);
    signals.phones(['alice']);
    signals.frame({ phone: 'alice', at: 0, sent: true, what: 'request', name: 'ping', routine: true });
    const before = !place.querySelector('.empty').hidden;
    signals.frame({ phone: 'alice', at: 1, sent: true, what: 'request', name: 'join', routine: false });
    return [before, !place.querySelector('.empty').hidden];
  });
  assert.deepEqual(isSaid, [true, false]);
});

test('the room has a title that says who tells of it, in both languages', async () => {
  const titles = await opened.page.evaluate(async () => {
    const [{ Room }, { switchLanguage }] = await Promise.all([import('/room.js'), import('/texts.js')]);
    const place = document.createElement('div');
    const room = new Room(place);
    const title = () => place.querySelector('h3:last-of-type').textContent;
    room.told({ phone: 'alice', up: true, users: [{ user: 'alice', own: true, suspended: false, streams: [] }] });
    const seen = [];
    for (const rooms of [null, [{ room: 'hall', answers: true, view: null }]]) {
      room.gateway({ health: null, rooms });
      seen.push(title());
      switchLanguage();
      seen.push(title());
      switchLanguage();
    }
    return [...seen, place.querySelector('.empty:last-of-type').textContent];
  });
  assert.deepEqual(titles, [
    'The room as the gateway told alice',
    '网关告诉 alice 的房间',
    'Room hall as the gateway has it (admin API)',
    '网关中的房间 hall(管理接口)',
    'Nobody is in it: the gateway has no such room.',
  ]);
});

test('a copy of media may end before its connection is open', async () => {
  const { page } = opened;
  await opened.moving('alice', 'live-pusher');
  const { media } = opened.told.map((text) => JSON.parse(text)).findLast(({ type }) => type === 'media');
  await page.evaluate(async (copy) => {
    const { MediaViews } = await import('/media.js');
    const views = new MediaViews();
    const Real = globalThis.WebSocket;
    const connecting = new Promise((resolve) => {
      globalThis.WebSocket = class extends Real {
        constructor(address) {
          super(address);
          resolve();
        }
      };
    });
    views.attach(1, document.createElement('div'), 'live-player');
    views.play(1, copy);
    await connecting;
    globalThis.WebSocket = Real;
    views.end();
  }, media);
  await page.waitForTimeout(500);
  assert.deepEqual(opened.complaints, []);
});
