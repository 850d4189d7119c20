/** The components in a component author's own tests: jest with miniprogram-simulate, from the installed package. */
const path = require('node:path');
const simulate = require('miniprogram-simulate');

const rootPath = path.join(path.dirname(require.resolve('miniapp-rtc/package.json')), 'components');
const usingComponents = Object.fromEntries(
  ['v-pusher', 'v-player'].map((name) => [
    name,
    simulate.load(path.join(rootPath, name, name), name, { rootPath, less: false }),
  ]),
);

function mount(template, data) {
  const heard = [];
  const methods = {
    hear({ type, detail }) {
      heard.push([type, detail]);
    },
  };
  const page = simulate.render(simulate.load({ usingComponents, template, data, methods }));
  page.attach(document.body);
  const native = (selector) => page.querySelector('#it').querySelector(selector);
  const given = (selector) =>
    Object.fromEntries(
      native(selector)
        .toJSON()
        .attrs.map(({ name, value }) => [name, value]),
    );
  return { page, heard, native, given };
}

test('v-pusher: mounts, passes on what it is given and what it hears, and follows its page', async () => {
  const { page, heard, native, given } = mount(
    '<v-pusher id="it" url="{{url}}" enbale-mic="{{mic}}" fps="{{30}}" bind:pusherstatechange="hear" bind:pusherenterpictureinpicture="hear" />',
    { url: 'rtmp://host/1', mic: false },
  );
  expect(given('.pusher')).toMatchObject({
    url: 'rtmp://host/1',
    mode: 'RTC',
    aspect: '3:4',
    autopush: true,
    enableMic: false,
    fps: 30,
    autoFocus: true,
    videoWidth: 360,
    videoHeight: 480,
  });
  native('.pusher').dispatchEvent('statechange', { detail: { code: 1002 } });
  native('.pusher').dispatchEvent('enterpictureinpicture');
  await simulate.sleep(20);
  expect(heard.map(([type]) => type)).toEqual(['pusherstatechange', 'pusherenterpictureinpicture']);
  expect(heard[0][1].detail).toEqual({ code: 1002 });
  page.setData({ mic: true });
  expect(given('.pusher').enableMic).toBe(true);
  page.detach();
});

test('v-player: mounts, passes on what it is given and what it hears, and follows its page', async () => {
  const { page, heard, native, given } = mount(
    '<v-player id="it" url="{{url}}" uid="alice" auto-pause-if-navigate="{{pause}}" bind:playerstatechange="hear" bind:playerfullscreenchange="hear" />',
    { url: 'rtmp://host/1', pause: false },
  );
  expect(given('.player')).toMatchObject({
    src: 'rtmp://host/1',
    mode: 'RTC',
    autoplay: true,
    objectFit: 'fillCrop',
    autoPauseIfNavigate: false,
    autoPauseIfOpenNative: true,
  });
  native('.player').dispatchEvent('statechange', { detail: { code: 2004 } });
  native('.player').dispatchEvent('fullscreenchange', { detail: { fullScreen: true } });
  await simulate.sleep(20);
  expect(heard.map(([type, { uid, e }]) => [type, uid, e.detail])).toEqual([
    ['playerstatechange', 'alice', { code: 2004 }],
    ['playerfullscreenchange', 'alice', { fullScreen: true }],
  ]);
  page.setData({ pause: true });
  expect(given('.player').autoPauseIfNavigate).toBe(true);
  page.detach();
});
