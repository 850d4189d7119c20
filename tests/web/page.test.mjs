/** The example page, and what pages are told when the browser cannot do what they ask. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startGateway } from '../e2e/support.mjs';
import { openPage, startBrowser } from './browser.mjs';
import { Room } from './room.mjs';
import { startSite } from './site.mjs';

const ends = [];
const stage = {};
before(async () => {
  const gateway = await startGateway({ after: (end) => ends.push(end) });
  Object.assign(stage, { gateway, browser: await startBrowser(), site: await startSite() });
});
after(() => Promise.all([stage.browser?.close(), stage.site?.close(), ...ends.map((end) => end())]));

/** How bright what people see of an element is, from 0 to 255. */
async function brightness(element) {
  const picture = (await element.screenshot()).toString('base64');
  return element.page().evaluate(async (base64) => {
    const image = Object.assign(new Image(), { src: `data:image/png;base64,${base64}` });
    await image.decode();
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    return data.filter((_, index) => index % 4 < 3).reduce((sum, value) => sum + value, 0) / (data.length * 0.75);
  }, picture);
}

for (const [locale, words] of Object.entries({
  en: {
    join: 'Join',
    microphone: 'Microphone',
    leave: 'Leave',
    off: 'sound off',
    dark: 'picture off',
    left: 'You have left the room.',
  },
  'zh-CN': {
    join: '加入',
    microphone: '麦克风',
    leave: '离开',
    off: '声音已关',
    dark: '画面已关',
    left: '您已离开房间。',
  },
})) {
  test(`the example page joins by a link, sends its camera to a phone, mutes and leaves: ${locale}`, async (t) => {
    const room = new Room(t, stage);
    const phone = await room.phone('phone');
    const entry = { room: room.name, user: 'visitor', page: `${stage.site.address}example/index.html` };
    const address = await stage.gateway.joinLink(entry);
    const page = await openPage(t, stage.browser, address, { context: { locale } });
    await phone.sees('visitor');
    assert.equal(new URL(page.url()).hash, '', 'the token is out of the address');
    // Both tiles play: this page's camera and the phone's.
    await page.waitForFunction(() => {
      const videos = [...document.querySelectorAll('video')];
      return videos.length === 2 && videos.every((video) => video.currentTime > 0.5 && video.videoWidth > 0);
    });
    const other = page.locator('[id="camera phone"] video');
    assert.ok((await brightness(other)) > 20, 'the picture of the phone shows');
    phone.tap('camera');
    await page.locator('.dark').getByText(words.dark).waitFor();
    assert.ok((await brightness(other)) < 5, 'a picture that is off does not stand still');
    phone.tap('camera');
    await page.locator('.dark').waitFor({ state: 'detached' });
    assert.ok((await brightness(other)) > 20, 'the picture of the phone shows again');
    await page.getByRole('button', { name: words.microphone }).press('Enter');
    await phone.phone.waitFor(() => phone.tile('visitor').audio === false, 5_000, 'the mute');
    assert.ok(await page.getByText(words.off).first().isVisible());
    await page.getByRole('button', { name: words.leave }).press('Enter');
    await phone.phone.waitFor(() => !phone.tile('visitor')?.url, 5_000, 'the leave');
    assert.equal(await page.getByRole('status').textContent(), words.left);
    assert.ok(await page.getByRole('button', { name: words.join }).isVisible());
  });
}

describe('what a browser cannot do is said by a word and a sentence', () => {
  const REFUSED = { code: 300006, name: 'RtcError' };

  async function refusal(t, { args, prepare, address = stage.site.address }) {
    const browser = await startBrowser({ media: false, args });
    t.after(() => browser.close());
    const room = new Room(t, { ...stage, browser, site: { address } });
    const web = await room.web('alice', { prepare });
    const { reason, fault, ...rest } = await web.run(() => user.refusal('publish'));
    assert.deepEqual(rest, REFUSED);
    assert.ok(reason.length > 30, reason);
    assert.equal(await web.run(() => user.client.state), 'connected', 'the room goes on');
    return fault;
  }

  test('the user refuses the camera', async (t) => {
    assert.equal(
      await refusal(t, { args: ['--deny-permission-prompts', '--use-fake-device-for-media-stream'] }),
      'permission-denied',
    );
  });

  test('there is no camera', async (t) => {
    assert.equal(await refusal(t, { args: ['--use-fake-ui-for-media-stream'] }), 'no-device');
  });

  test('the page is not secure', async (t) => {
    const address = stage.site.address.replace('127.0.0.1', 'plain.test');
    assert.equal(
      await refusal(t, { args: ['--host-resolver-rules=MAP plain.test 127.0.0.1'], address }),
      'insecure-page',
    );
  });

  test('the browser has no H.264', async (t) => {
    const prepare = (page) =>
      page.evaluate(() => {
        const all = RTCRtpSender.getCapabilities('video');
        const codecs = all.codecs.filter(({ mimeType }) => mimeType !== 'video/H264');
        RTCRtpSender.getCapabilities = () => ({ ...all, codecs });
      });
    assert.equal(await refusal(t, { args: [], prepare }), 'no-h264');
  });
});
