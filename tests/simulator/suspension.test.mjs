/**
 * What phones do to native tags: background, interruption, codes out of nothing. On real media where media is the
 * point.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveProcesses, Phone } from '../../simulator/index.js';
import { ffmpeg, freePort, packageOf, pause, QUICK } from './support.mjs';

/** A page with one pusher and one player, bare tags, and what they said. */
const PAGE = {
  'app.json': '{ "pages": ["page"] }',
  'page.json': '{}',
  'page.wxml': `
    <live-pusher wx:if="{{push}}" url="{{push}}" autopush="{{true}}" enable-mic="{{mic}}" background-mute="{{mute}}" bindstatechange="pusher" binderror="broken" />
    <live-player wx:if="{{play}}" id="p-alice-0" data-uid="alice" src="{{play}}" autoplay="{{true}}" bindstatechange="player" />`,
  'page.js': `Page({
    data: { push: '', play: '', mic: true, mute: true },
    codes: [], errors: [], played: [], rendered: 0,
    pusher(e) { this.codes.push(e.detail.code); },
    broken(e) { this.errors.push(e.detail.errCode); },
    player(e) { this.played.push(e.detail.code); },
    set(data) { this.setData(data, () => { this.rendered += 1; }); },
  });`,
};

async function pagePhone(t, { native, ...options } = {}) {
  const phone = await Phone.boot({
    root: packageOf(t, PAGE),
    backgroundFreezeMs: 60000,
    ...options,
    native: { ...QUICK, ...native },
  });
  t.after(() => phone.close());
  await phone.open('page');
  return phone;
}

/** A phone that pushes to a listener of its own, which counts decoded sound: all of it, and the silent part. */
async function pushing(t, options) {
  const port = await freePort();
  const listener = ffmpeg(t, [
    '-listen',
    '1',
    '-fpsprobesize',
    '0',
    '-analyzeduration',
    '500000',
    '-i',
    `rtmp://127.0.0.1:${port}/live/s`,
    '-map',
    '0:a',
    '-c:a',
    'pcm_s16le',
    '-flush_packets',
    '1',
    '-f',
    'framecrc',
    'pipe:1',
  ]);
  const heard = { sound: 0, silence: 0 };
  listener.stdout.on('data', (chunk) => {
    for (const line of String(chunk).split('\n'))
      if (/^0,/.test(line)) heard[line.endsWith('0x00000000') ? 'silence' : 'sound'] += 1;
  });
  await pause(300);
  const phone = await pagePhone(t, options);
  phone.page.call('set', { push: `rtmp://127.0.0.1:${port}/live/s` });
  await phone.waitFor(() => codes(phone).includes(1002) && heard.sound > 10, 10000, 'sound');
  return { phone, heard, count: () => phone.stats().pusher.videoFrames };
}

const codes = (phone) => [...phone.page.instance.codes];
const played = (phone) => [...phone.page.instance.played];

/** What is heard within a second, once what was under way has arrived. */
async function nextSecond(heard) {
  await pause(700);
  const before = { ...heard };
  await pause(1000);
  return { sound: heard.sound - before.sound, silence: heard.silence - before.silence };
}

test('hidden: no picture, and silence with background-mute; back, both are there', async (t) => {
  const { phone, heard, count } = await pushing(t);
  phone.hide();
  const hidden = await nextSecond(heard);
  const pictures = count();
  assert.ok(hidden.silence > 20, JSON.stringify(hidden));
  assert.equal(hidden.sound, 0);
  await pause(300);
  assert.equal(count(), pictures, 'the camera is off');
  phone.show();
  const shown = await nextSecond(heard);
  assert.ok(shown.sound > 20 && shown.silence === 0, JSON.stringify(shown));
  assert.ok(count() > pictures + 10, 'the camera is on');
  assert.deepEqual(phone.faults, []);
});

test('hidden without background-mute: the sound goes on, the picture does not', async (t) => {
  const { phone, heard, count } = await pushing(t);
  phone.page.call('set', { mute: false });
  phone.hide();
  const pictures = count();
  const hidden = await nextSecond(heard);
  assert.ok(hidden.sound > 20 && hidden.silence === 0, JSON.stringify(hidden));
  assert.ok(count() <= pictures + 2, 'the camera is off');
});

test('an audio interruption: silence, also from a tag that comes meanwhile', async (t) => {
  const { phone, heard } = await pushing(t);
  phone.audioInterruption('begin');
  const taken = await nextSecond(heard);
  assert.ok(taken.silence > 20 && taken.sound === 0, JSON.stringify(taken));
  phone.audioInterruption('end');
  const given = await nextSecond(heard);
  assert.ok(given.sound > 20 && given.silence === 0, JSON.stringify(given));
  phone.audioInterruption('begin');
  const url = phone.page.data.push;
  phone.page.call('set', { push: '' });
  phone.page.call('set', { push: url });
  assert.equal(phone.natives.all()[0].interrupted, true);
});

test('suspended: 5000, and the tag comes back by itself where the phone is so', async (t) => {
  for (const resumeAfterSuspend of [false, true]) {
    const { phone } = await pushing(t, { backgroundFreezeMs: 50, native: { resumeAfterSuspend, retries: 50 } });
    phone.hide();
    await phone.waitFor(() => liveProcesses() <= 1, 3000, 'the capture to end');
    phone.show();
    await phone.waitFor(() => codes(phone).includes(5000), 1000, '5000');
    assert.equal(phone.stats().pusher.running, resumeAfterSuspend);
    await phone.close();
  }
});

test('codes out of nothing: each reaches the page of its tag, and what it tells of happens', async (t) => {
  const { phone, heard } = await pushing(t);
  phone.injectCode('pusher', 4998, 'whatever');
  phone.injectCode('pusher', 10004);
  const { errors } = phone.page.instance;
  await phone.waitFor(() => errors.length === 1 && codes(phone).at(-1) === 4998, 1000, 'the codes');
  assert.equal(errors[0], 10004);
  assert.equal(phone.stats().pusher.publishing, true);

  phone.injectCode('pusher', -1311);
  assert.deepEqual([(await nextSecond(heard)).sound, codes(phone).at(-1)], [0, -1311]);
  phone.injectCode('pusher', -1304);
  const broken = await nextSecond(heard);
  assert.deepEqual([broken.sound, broken.silence, codes(phone).at(-1)], [0, 0, -1304]);
  assert.equal(phone.stats().pusher.publishing, true, 'the picture goes on');
  phone.injectCode('pusher', 5001);
  await phone.waitFor(() => codes(phone).at(-1) === 5001, 1000, '5001');
  assert.equal(phone.stats().pusher.running, false);
  phone.natives.all()[0].start();
  phone.injectCode('pusher', 10001);
  await phone.waitFor(() => errors.at(-1) === 10001, 1000, '10001');
  assert.equal(phone.stats().pusher.running, false);
  assert.throws(() => phone.injectCode({ uid: 'alice' }, 2006), /no live-player of {"uid":"alice"}/);
  assert.deepEqual(phone.faults, []);
});

test("a silent microphone is the tag's, a failed encoder is the start's", async (t) => {
  const phone = await pagePhone(t, { native: { retries: 100 } });
  phone.page.call('set', { push: 'rtmp://127.0.0.1:1/live/x' });
  const [pusher] = phone.natives.all();
  const start = async () => {
    await pusher.stop();
    pusher.start();
  };
  phone.injectCode('pusher', -1303);
  phone.injectCode('pusher', -1311);
  assert.deepEqual([pusher.failed.video, pusher.deaf], [true, true]);
  await start();
  assert.deepEqual([pusher.failed.video, pusher.deaf], [false, true]);
  phone.page.call('set', { push: '' });
  phone.page.call('set', { push: 'rtmp://127.0.0.1:1/live/x' });
  assert.equal(phone.natives.all()[0].deaf, false);
  phone.injectCode('pusher', -1307);
  assert.equal(phone.stats().pusher.running, false);
});

test('a player that is told to stop says 2006, where the phone is so; one that gave up does not play', async (t) => {
  for (const [endTold, expected] of [
    [true, [2006]],
    [false, []],
  ]) {
    const phone = await pagePhone(t, { native: { endTold, retries: 100 } });
    phone.page.call('set', { play: 'http://127.0.0.1:1/live/x.flv' });
    await phone.waitFor(() => played(phone).includes(2103), 3000, '2103');
    const stop = () =>
      new Promise((resolve) => {
        phone.service.realm.global.wx.createLivePlayerContext('p-alice-0').stop({ complete: resolve });
      });
    await stop();
    await stop();
    await pause(20);
    assert.deepEqual(
      played(phone).filter((code) => code === 2006),
      expected,
    );
    const [player] = phone.natives.all();
    player.play();
    phone.injectCode({ uid: 'alice', screen: false }, -2301);
    await pause(20);
    assert.deepEqual([player.running, played(phone).at(-1)], [false, -2301]);
    assert.throws(() => phone.injectCode({ uid: 'alice', screen: true }, 2006), /no live-player/);
    assert.deepEqual(phone.faults, []);
    await phone.close();
  }
});

test('while hidden the view stands still: tags come, change and go, and setData calls back, on return', async (t) => {
  const phone = await pagePhone(t, { native: { retries: 100 } });
  phone.page.call('set', { push: 'rtmp://127.0.0.1:1/live/x' });
  await pause(20);
  const { rendered } = phone.page.instance;
  const [pusher] = phone.natives.all();
  phone.hide();
  phone.page.call('set', { mic: false, play: 'http://127.0.0.1:1/live/x.flv' });
  await pause(50);
  assert.equal(phone.page.data.mic, false, 'the data changes');
  assert.equal(pusher.properties().enableMic, true);
  assert.equal(phone.natives.all().length, 1);
  phone.page.call('set', { push: '' });
  await pause(50);
  assert.deepEqual([phone.natives.all().length, pusher.running, phone.page.instance.rendered], [1, true, rendered]);
  phone.show();
  await phone.waitFor(() => phone.page.instance.rendered === rendered + 2, 1000, 'the callbacks');
  assert.deepEqual(
    phone.natives.all().map((native) => native.constructor.name),
    ['LivePlayer'],
  );
  assert.deepEqual([pusher.running, pusher.properties().enableMic], [false, false]);
  assert.deepEqual(phone.faults, []);
});

test('a view that goes on while hidden, for clients that do so', async (t) => {
  const phone = await pagePhone(t, { viewPausedInBackground: false });
  phone.hide();
  phone.page.call('set', { push: 'rtmp://127.0.0.1:1/live/x' });
  const [pusher] = phone.natives.all();
  assert.equal(pusher.background, true);
  phone.page.call('set', { mic: false });
  assert.equal(pusher.properties().enableMic, false);
});

test('a weak network is told, once for each change, and cuts nothing', async (t) => {
  const phone = await pagePhone(t);
  const { wx } = phone.service.realm.global;
  const told = [];
  const heard = ({ weakNet, networkType }) => told.push([weakNet, networkType]);
  wx.onNetworkWeakChange(heard);
  for (const weakNet of [true, true, false]) phone.setNetwork({ weakNet });
  await pause(20);
  assert.deepEqual(told, [
    [true, 'wifi'],
    [false, 'wifi'],
  ]);
  wx.offNetworkWeakChange(heard);
  phone.setNetwork({ weakNet: true });
  await pause(20);
  assert.equal(told.length, 2);
});

test('a mini-program that is thrown away: no method of it runs, nothing of it is left', async (t) => {
  const phone = await pagePhone(t);
  phone.page.call('set', { push: 'rtmp://127.0.0.1:1/live/x' });
  const { instance } = phone.page;
  let unloaded = false;
  instance.onUnload = () => {
    unloaded = true;
  };
  await phone.kill();
  assert.equal(unloaded, false);
  assert.equal(liveProcesses(), 0);
});
