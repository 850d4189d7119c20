import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mount } from './mount.mjs';

const GUIDE = `
<v-pusher wx:if="{{pushUrl}}" id="volc-pusher" url="{{pushUrl}}" enable-mic="{{mic}}" enable-camera="{{true}}" beauty="{{0}}"
  bind:pusherstatechange="hear" bind:pushernetstatuschange="hear" bind:pushererror="hear" bind:pusheraudiovolumenotify="hear" />`;

/** No server listens there: the tag tries, and the test tells it what else to say. */
const NOWHERE = 'rtmp://127.0.0.1:1/live/one';

test("the tag has the guide's attributes, and those the page sets", async (t) => {
  const { phone, find, set } = await mount(t, GUIDE, { pushUrl: NOWHERE, mic: true });
  const { url, mode, autopush, beauty, enableCamera, enableMic, minBitrate, maxBitrate, aspect } =
    find('live-pusher').data;
  assert.deepEqual(
    { url, mode, autopush, beauty, enableCamera, enableMic, minBitrate, maxBitrate, aspect },
    {
      url: NOWHERE,
      mode: 'RTC',
      autopush: true,
      beauty: 0,
      enableCamera: true,
      enableMic: true,
      minBitrate: 200,
      maxBitrate: 500,
      aspect: '3:4',
    },
  );
  set({ mic: false });
  assert.equal(find('live-pusher').data.enableMic, false);
  assert.deepEqual(phone.faults, []);
});

test("events reach the page in the guide's shape", async (t) => {
  const { find, heard } = await mount(t, GUIDE, { pushUrl: NOWHERE, mic: true });
  const tag = find('live-pusher');
  tag.trigger('statechange', { code: 1005, message: 'resolution' });
  tag.trigger('netstatus', { info: { videoBitrate: 300 } });
  tag.trigger('error', { errCode: 10003, errMsg: 'background music' });
  tag.trigger('audiovolumenotify', { volume: 3 });
  assert.deepEqual(
    heard().map(({ type, detail }) => [type, detail]),
    [
      ['pusherstatechange', { code: 1005, message: 'resolution' }],
      ['pushernetstatuschange', { info: { videoBitrate: 300 } }],
      ['pushererror', { errCode: 10003, errMsg: 'background music' }],
      ['pusheraudiovolumenotify', { volume: 3 }],
    ],
  );
});

test('the state: ok by 1008 or 1002, error by -1307, ok again by 1002 only', async (t) => {
  const { find } = await mount(t, GUIDE, { pushUrl: NOWHERE, mic: true });
  const after = (code) => {
    find('live-pusher').trigger('statechange', { code, message: '' });
    return [find('#volc-pusher').data.state, find('.info').text()];
  };
  assert.deepEqual(after(1001), ['init', '相机启动中']);
  assert.deepEqual(after(1008), ['ok', '']);
  assert.deepEqual(after(-1307), ['error', '相机启动失败']);
  assert.deepEqual(after(1008), ['error', '相机启动失败']);
  assert.deepEqual(after(1002), ['ok', '']);
  assert.deepEqual(after(4998), ['ok', '']);
});

test('a refused camera shows as an error and is passed on', async (t) => {
  const { phone, find, heard } = await mount(
    t,
    GUIDE,
    { pushUrl: NOWHERE, mic: true },
    { permissions: { camera: false } },
  );
  await phone.waitFor(() => heard().length >= 2, 3000, 'the refusal');
  assert.deepEqual(
    heard().map(({ type, detail }) => [type, detail.errCode ?? detail.code]),
    [
      ['pushererror', 10001],
      ['pusherstatechange', -1301],
    ],
  );
  assert.equal(find('#volc-pusher').data.state, 'error');
});

test('a refusal told by an error event alone: the state stays when the client stops the tag, until a new address comes', async (t) => {
  const template = GUIDE.replace('url=', 'control="{{control}}" url=');
  for (const errCode of [10001, 10002]) {
    const { phone, find, set } = await mount(t, template, { pushUrl: NOWHERE, mic: true, control: null });
    const shown = () => [find('#volc-pusher').data.state, find('.info').text()];
    find('live-pusher').trigger('statechange', { code: 1002, message: '' });
    find('live-pusher').trigger('error', { errCode: 10003, errMsg: 'background music' });
    assert.deepEqual(shown(), ['ok', '']);
    find('live-pusher').trigger('error', { errCode, errMsg: 'permission denied' });
    assert.deepEqual(shown(), ['error', '相机启动失败']);
    set({ control: { action: 'stop', sequence: 7, background: 'mute' } });
    assert.equal(find('live-pusher'), null);
    assert.deepEqual(shown(), ['error', '相机启动失败']);
    set({ control: { action: 'start', sequence: 8, background: 'mute' }, pushUrl: 'rtmp://127.0.0.1:1/live/two' });
    await phone.waitFor(() => find('live-pusher'), 1000, 'the new tag');
    assert.deepEqual(shown(), ['init', '相机启动中']);
    assert.deepEqual(phone.faults, []);
  }
});

test('a new address gets a new tag, and the old tag never sees it', async (t) => {
  const { phone, find, set } = await mount(t, GUIDE, { pushUrl: NOWHERE, mic: true });
  const first = find('live-pusher');
  first.trigger('statechange', { code: 1002, message: '' });
  set({ pushUrl: 'rtmp://127.0.0.1:1/live/two' });
  await phone.waitFor(() => find('live-pusher')?.element !== first.element && find('live-pusher'), 1000, 'the new tag');
  assert.equal(first.attached, false);
  assert.equal(first.data.url, NOWHERE);
  assert.equal(find('live-pusher').data.url, 'rtmp://127.0.0.1:1/live/two');
  assert.equal(find('#volc-pusher').data.state, 'init');
  assert.deepEqual(phone.faults, []);
});

test('methods command the tag, and what this WeChat lacks fails by callback', async (t) => {
  const { phone, find, select } = await mount(t, GUIDE, { pushUrl: NOWHERE, mic: true });
  const codes = [];
  phone.onEvent((event) => {
    if (event.kind === 'native') codes.push(event.code);
  });
  const pusher = select('#volc-pusher');
  const outcome = (method) =>
    new Promise((resolve) => {
      pusher[method]({ success: () => resolve('success'), fail: ({ errMsg }) => resolve(errMsg) });
    });
  for (const method of ['stop', 'start', 'pause', 'resume', 'switchCamera', 'stop'])
    assert.equal(await outcome(method), 'success', method);
  assert.match(await outcome('toggleTorch'), /success|toggleTorch:fail/);
  assert.ok(find('live-pusher'));
  assert.deepEqual(phone.faults, []);
});

test('a page that is left stops its pusher', async (t) => {
  const { phone, set } = await mount(t, GUIDE, { pushUrl: NOWHERE, mic: true });
  assert.notEqual(phone.stats().pusher, null);
  set({ pushUrl: '' });
  assert.equal(phone.stats().pusher, null);
  assert.deepEqual(phone.faults, []);
});

test('texts can be changed, and content is laid over the picture', async (t) => {
  const { find } = await mount(
    t,
    '<v-pusher init-text="Starting" error-text="No camera"><text class="over">me</text></v-pusher>',
    {},
  );
  assert.equal(find('.info').text(), 'Starting');
  assert.equal(find('.over').text(), 'me');
  find('live-pusher').trigger('statechange', { code: -1307 });
  assert.equal(find('.info').text(), 'No camera');
});
