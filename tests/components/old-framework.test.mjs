/**
 * The components on exparser, the framework that pages in a WebView still use, by way of miniprogram-simulate. A thin
 * second pass: what is shown, what is passed on, what is told to WeChat's contexts.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import { COMPONENTS } from './mount.mjs';

const require = createRequire(new URL('../../js-glue/package.json', import.meta.url));

let simulate;
const usingComponents = {};
/** Calls of the contexts' methods, and the events that the page heard; both in order. */
let calls;
let heard;

before(() => {
  const { JSDOM } = require('jsdom');
  const { window } = new JSDOM('<!doctype html><body></body>', { pretendToBeVisual: true });
  for (const name of ['document', 'Event', 'CustomEvent', 'MutationObserver', 'requestAnimationFrame'])
    globalThis[name] = window[name];
  globalThis.window = window;
  simulate = require('miniprogram-simulate');
  for (const name of ['v-pusher', 'v-player']) {
    usingComponents[name] = simulate.load(`${COMPONENTS}/${name}/${name}`, name, { rootPath: COMPONENTS, less: false });
  }
  const context = (name) => new Proxy({}, { get: (_, method) => () => calls.push(`${name} ${method}`) });
  wx.createLivePusherContext = () => context('pusher');
  wx.createLivePlayerContext = (id) => context(id);
});

function mount(template, data) {
  calls = [];
  heard = [];
  const page = simulate.render(
    simulate.load({
      usingComponents,
      template,
      data,
      methods: {
        hear(event) {
          heard.push([event.type, event.detail]);
        },
      },
    }),
  );
  page.attach(document.body);
  const component = page.querySelector('#it');
  const native = (selector) => component.querySelector(selector);
  const fire = async (selector, name, detail) => {
    native(selector).dispatchEvent(name, { detail });
    await simulate.sleep(20);
  };
  const shown = () => component.dom.textContent.trim();
  /** What WeChat's tag was given: its attributes by name. */
  const given = (selector) =>
    Object.fromEntries(
      native(selector)
        .toJSON()
        .attrs.map(({ name, value }) => [name, value]),
    );
  return { page, component, native, fire, shown, given };
}

test('v-pusher: properties reach the tag, events reach the page, the state shows', async () => {
  const { page, component, fire, shown, given, native } = mount(
    '<v-pusher id="it" url="{{url}}" enable-mic="{{mic}}" bind:pusherstatechange="hear" bind:pushernetstatuschange="hear" bind:pushererror="hear" />',
    { url: 'rtmp://host/live/1', mic: false },
  );
  const { url, mode, aspect, enableMic, enableCamera, maxBitrate, autopush } = given('.pusher');
  assert.deepEqual(
    { url, mode, aspect, enableMic, enableCamera, maxBitrate, autopush },
    {
      url: 'rtmp://host/live/1',
      mode: 'RTC',
      aspect: '3:4',
      enableMic: false,
      enableCamera: true,
      maxBitrate: 500,
      autopush: true,
    },
  );
  assert.equal(shown(), '相机启动中');

  await fire('.pusher', 'statechange', { code: 1002, message: 'push begins' });
  await fire('.pusher', 'netstatus', { info: { videoBitrate: 300 } });
  await fire('.pusher', 'error', { errCode: 10001 });
  assert.deepEqual(
    heard.map(([type, { detail }]) => [type, detail]),
    [
      ['pusherstatechange', { code: 1002, message: 'push begins' }],
      ['pushernetstatuschange', { info: { videoBitrate: 300 } }],
      ['pushererror', { errCode: 10001 }],
    ],
  );
  assert.equal(shown(), '相机启动失败');
  await fire('.pusher', 'statechange', { code: 1002 });
  assert.equal(shown(), '');
  await fire('.pusher', 'statechange', { code: -1307 });
  assert.equal(shown(), '相机启动失败');

  const before = native('.pusher').dom;
  page.setData({ url: 'rtmp://host/live/2' });
  await simulate.sleep(20);
  assert.notEqual(native('.pusher').dom, before);
  assert.equal(given('.pusher').url, 'rtmp://host/live/2');
  assert.equal(shown(), '相机启动中');

  component.instance.switchCamera();
  page.detach();
  assert.deepEqual(calls, ['pusher switchCamera', 'pusher stop']);
});

test('v-player: properties reach the tag, events reach the page, the state shows', async () => {
  const { page, component, fire, shown, given } = mount(
    '<v-player id="it" url="{{url}}" uid="{{uid}}" screen="{{screen ? 1 : 0}}" bind:playerstatechange="hear" bind:playernetstatuschange="hear" />',
    { url: 'rtmp://host/live/1', uid: 'alice@home', screen: true },
  );
  const { src, mode, autoplay, objectFit, backgroundMute, debug } = given('.player');
  assert.deepEqual(
    { src, mode, autoplay, objectFit, backgroundMute, debug },
    {
      src: 'rtmp://host/live/1',
      mode: 'RTC',
      autoplay: true,
      objectFit: 'fillCrop',
      backgroundMute: true,
      debug: false,
    },
  );
  assert.equal(shown(), '播放器启动中');

  await fire('.player', 'statechange', { code: 2004 });
  await fire('.player', 'netstatus', { info: { videoFPS: 15 } });
  assert.deepEqual(
    heard.map(([type, { uid, screen, e }]) => [type, uid, screen, e.detail]),
    [
      ['playerstatechange', 'alice@home', '1', { code: 2004 }],
      ['playernetstatuschange', 'alice@home', '1', { info: { videoFPS: 15 } }],
    ],
  );
  assert.equal(shown(), '');
  await fire('.player', 'statechange', { code: -2301 });
  assert.equal(shown(), '播放器启动失败');

  component.instance.mute();
  page.detach();
  assert.deepEqual(calls, ['v-player-alice@home-1 mute', 'v-player-alice@home-1 stop']);
});

for (const [name, tag, begin, source] of [
  ['v-pusher', '.pusher', 'start', 'url'],
  ['v-player', '.player', 'play', 'src'],
]) {
  test(`${name}: control, from contexts that never call back`, async () => {
    const { page, given, native, fire, shown } = mount(
      `<${name} id="it" url="{{url}}" control="{{control}}" uid="alice" bind:${name.slice(2)}statechange="hear" />`,
      { url: 'rtmp://host/live/1', control: null },
    );
    const told = () => heard.map(([, detail]) => (detail.e || detail).detail.code);
    const done = (method) => calls.filter((call) => call.endsWith(` ${method}`)).length;
    let sequence = 0;
    const order = async (action, background = 'mute') => {
      sequence += 1;
      page.setData({ control: { uid: 'alice', screen: false, action, sequence, background } });
      await simulate.sleep(20);
    };
    const first = native(tag).dom;
    await order('start', 'keep-audio');
    if (name === 'v-pusher') assert.equal(given(tag).backgroundMute, false);
    await fire(tag, 'statechange', { code: 7 });
    await order('play-again');
    await fire(tag, 'statechange', { code: 8 });
    assert.deepEqual([done('stop'), done(begin)], [1, 0]);
    await simulate.sleep(1100);
    assert.deepEqual([done('stop'), done(begin)], [1, 1]);
    await fire(tag, 'statechange', { code: 9 });
    assert.deepEqual(told(), [7, 9]);
    assert.equal(native(tag).dom, first);

    await order('remount');
    assert.notEqual(native(tag).dom, first);
    assert.equal(given(tag)[source], 'rtmp://host/live/1');
    await fire(tag, 'statechange', { code: 10 });
    assert.deepEqual(told(), [7, 9, 10], 'the new tag is heard');
    if (name === 'v-pusher') assert.equal(given(tag).backgroundMute, true);

    await order('stop');
    assert.deepEqual([native(tag), shown(), done('stop')], [undefined, '', 2]);
    await order('remount');
    assert.equal(native(tag), undefined);
    page.setData({ url: 'rtmp://host/live/2' });
    await simulate.sleep(20);
    assert.equal(given(tag)[source], 'rtmp://host/live/2');
    await fire(tag, 'statechange', { code: 11 });
    assert.deepEqual(told(), [7, 9, 10, 11]);

    await order('play-again');
    page.detach();
    await simulate.sleep(1100);
    assert.deepEqual([done('stop'), done(begin)], [4, 1], 'nothing is begun for a component that is gone');
  });
}
