/** The web page that the READMEs print, run as it stands, with a phone in the room. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { startGateway } from '../e2e/support.mjs';
import { openPage, startBrowser } from './browser.mjs';
import { Room } from './room.mjs';
import { startSite } from './site.mjs';

const READMES = ['README.md', 'README.zh-CN.md'];
const BLOCK = /^```html\n([\s\S]*?)^```$/m;

const ends = [];
const stage = {};
before(async () => {
  const pages = READMES.map((name) => [
    `/${name}.html`,
    BLOCK.exec(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'))[1],
  ]);
  const gateway = await startGateway({ after: (end) => ends.push(end) });
  Object.assign(stage, { gateway, browser: await startBrowser(), site: await startSite(Object.fromEntries(pages)) });
});
after(() => Promise.all([stage.browser?.close(), stage.site?.close(), ...ends.map((end) => end())]));

for (const readme of READMES) {
  test(`the web page of ${readme} and a phone see each other`, async (t) => {
    const room = new Room(t, stage);
    const phone = await room.phone('phone');
    const entry = { room: room.name, user: 'visitor', page: `${stage.site.address}${readme}.html` };
    const page = await openPage(t, stage.browser, await stage.gateway.joinLink(entry), {
      errors: /status of 404/,
    });
    await phone.sees('visitor');
    await page.waitForFunction(() => {
      const videos = [...document.querySelectorAll('video')];
      return videos.length === 2 && videos.every((video) => video.currentTime > 0.5 && video.videoWidth > 0);
    });
    assert.deepEqual(phone.phone.faults, []);
  });
}
