/** The example's join page, and what the meeting shows when there is no meeting. Needs the built SDK in the example. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Phone } from '../../simulator/index.js';

const EXAMPLE = fileURLToPath(new URL('../../example-miniapp', import.meta.url));
const ENTERED = {
  gateway: 'ws://127.0.0.1:1/v1',
  appId: '0123456789abcdef01234567',
  room: 'room-1',
  user: 'alice',
  token: 'no+token/at=all',
};

before(() => assert.ok(existsSync(`${EXAMPLE}/lib/miniapp-rtc.wasm`), 'the SDK is not built; run: cargo xtask build'));

async function openJoin(t) {
  const phone = await Phone.boot({ root: EXAMPLE });
  t.after(() => phone.close());
  await phone.open('/pages/join/join');
  return phone;
}

const fill = (phone, values) => {
  for (const input of phone.page.findAll('input')) input.input(values[input.data.name] ?? '');
};

test('what is missing is named, and nothing opens', async (t) => {
  const phone = await openJoin(t);
  fill(phone, { ...ENTERED, token: ' ' });
  phone.page.find('button').tap();
  assert.match(phone.page.find('.notice').text(), /请填写 Token/);
  assert.equal(phone.page.path, 'pages/join/join');
});

test('the meeting opens with what was entered, and the join page remembers it', async (t) => {
  const phone = await openJoin(t);
  fill(phone, ENTERED);
  phone.page.find('button').tap();
  await phone.waitFor(() => phone.page?.path === 'pages/meeting/meeting', 3000, 'the meeting');
  assert.deepEqual(JSON.parse(JSON.stringify(phone.page.instance.settings)), ENTERED);

  const notice = await phone.waitFor(() => phone.page.data.notice, 10000, 'the notice');
  assert.ok(notice.zh && notice.en && /^\d{6} /.test(notice.detail), JSON.stringify(notice));
  assert.doesNotMatch(JSON.stringify(notice), /no\+token/);

  phone.page.find('#leave').tap();
  await phone.waitFor(() => phone.page?.path === 'pages/join/join', 3000, 'the join page');
  await phone.open('/pages/join/join');
  assert.deepEqual(
    phone.page.findAll('input').map(({ data }) => data.value),
    Object.values(ENTERED),
  );
  assert.equal(phone.stats().sockets, 0);
  assert.deepEqual(phone.faults, []);
});

test('without leave for the camera: a notice with a way to the settings', async (t) => {
  const phone = await Phone.boot({ root: EXAMPLE, permissions: { camera: false } });
  t.after(() => phone.close());
  await phone.open('/pages/meeting/meeting');
  await phone.page.call('publish');
  assert.equal(phone.page.data.notice.action, 'settings');
  assert.ok(phone.page.find('.notice-action'));
});
