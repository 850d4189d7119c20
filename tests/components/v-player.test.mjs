import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mount } from './mount.mjs';

const GUIDE = `
<view wx:for="{{streams}}" wx:key="id">
  <v-player url="{{item.url}}" uid="{{item.uid}}" screen="{{item.screen ? 1 : 0}}"
    bind:playerstatechange="hear" bind:playernetstatuschange="hear" bind:playererror="hear"
    bind:playerfullscreenchange="hear" bind:playeraudiovolumenotify="hear" />
</view>`;

/** No server listens there: the tag tries, and the test tells it what else to say. */
const NOWHERE = 'rtmp://127.0.0.1:1/live/one';
const stream = { id: 'a', uid: 'alice@home', screen: true, url: NOWHERE };

test("the tag has the guide's attributes", async (t) => {
  const { phone, find } = await mount(t, GUIDE, { streams: [stream] });
  const { src, mode, autoplay, objectFit, backgroundMute, soundMode, minCache, maxCache } = find('live-player').data;
  assert.deepEqual(
    { src, mode, autoplay, objectFit, backgroundMute, soundMode, minCache, maxCache },
    {
      src: NOWHERE,
      mode: 'RTC',
      autoplay: true,
      objectFit: 'fillCrop',
      backgroundMute: true,
      soundMode: 'speaker',
      minCache: 0.2,
      maxCache: 0.8,
    },
  );
  assert.equal(find('live-player').id, 'v-player-alice@home-1');
  assert.deepEqual(find('live-player').dataset, { uid: 'alice@home', tag: 0 });
  assert.deepEqual(phone.faults, []);
});

test("events reach the page in the guide's shape, with the stream they are of", async (t) => {
  const { find, heard } = await mount(t, GUIDE, { streams: [stream] });
  const tag = find('live-player');
  tag.trigger('statechange', { code: 2007, message: 'loading' });
  tag.trigger('netstatus', { info: { videoFPS: '15' } });
  tag.trigger('fullscreenchange', { fullScreen: true });
  tag.trigger('audiovolumenotify', { volume: 3 });
  assert.deepEqual(
    heard().map(({ type, uid, screen, detail }) => [type, uid, screen, detail]),
    [
      ['playerstatechange', 'alice@home', '1', { code: 2007, message: 'loading' }],
      ['playernetstatuschange', 'alice@home', '1', { info: { videoFPS: '15' } }],
      ['playerfullscreenchange', 'alice@home', '1', { fullScreen: true }],
      ['playeraudiovolumenotify', 'alice@home', '1', { volume: 3 }],
    ],
  );
});

test('the state: ok by 2004, error by -2301, ok again by 2004', async (t) => {
  const { find } = await mount(t, GUIDE, { streams: [stream] });
  const after = (code) => {
    find('live-player').trigger('statechange', { code, message: '' });
    return [find('v-player').data.state, find('.info').text()];
  };
  assert.deepEqual(after(2001), ['init', '播放器启动中']);
  assert.deepEqual(after(2004), ['ok', '']);
  assert.deepEqual(after(2103), ['ok', '']);
  assert.deepEqual(after(-2301), ['error', '播放器启动失败']);
  assert.deepEqual(after(2004), ['ok', '']);
});

test('a new address gets a new tag, which the methods then command', async (t) => {
  const { phone, find, set } = await mount(t, GUIDE, { streams: [stream] });
  const first = find('live-player');
  set({ 'streams[0].url': 'rtmp://127.0.0.1:1/live/two' });
  await phone.waitFor(() => find('live-player')?.element !== first.element && find('live-player'), 1000, 'the new tag');
  assert.equal(first.data.src, NOWHERE);
  assert.equal(find('live-player').data.src, 'rtmp://127.0.0.1:1/live/two');
  const player = find('v-player').instance;
  const outcome = (method) =>
    new Promise((resolve) => {
      player[method]({ success: () => resolve('success'), fail: ({ errMsg }) => resolve(errMsg) });
    });
  for (const method of ['stop', 'play', 'pause', 'resume', 'mute'])
    assert.equal(await outcome(method), 'success', method);
  assert.match(await outcome('snapshot'), /success|snapshot:fail/);
  assert.deepEqual(phone.faults, []);
});

test("another user in the same place: the methods command that user's tag", async (t) => {
  const { phone, find, set } = await mount(t, GUIDE, { streams: [stream] });
  set({ streams: [{ ...stream, uid: 'bob', screen: false }] });
  assert.equal(find('live-player').id, 'v-player-bob-0');
  const outcome = await new Promise((resolve) => {
    find('v-player').instance.stop({ success: () => resolve('success'), fail: ({ errMsg }) => resolve(errMsg) });
  });
  assert.equal(outcome, 'success');
  assert.deepEqual(phone.faults, []);
});

test('a player that goes away disturbs nothing', async (t) => {
  const { phone, find, set } = await mount(t, GUIDE, { streams: [stream] });
  set({ streams: [] });
  assert.equal(find('live-player'), null);
  assert.deepEqual(phone.faults, []);
});
