/** The APIs of `wx` that ordinary apps call, with WeChat's results and refusals. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Phone, liveProcesses } from '../../simulator/index.js';
import { out, packageOf, pause, runInApp } from './support.mjs';

const PAGE = {
  'app.json': '{ "pages": ["a"] }',
  'app.js': 'App({ out: {} });',
  'a.js': 'Page({ onPageScroll(event) { this.scrolled = event.scrollTop; } });',
  'a.wxml': '<view id="v" class="x" data-n="{{1}}"/><view class="x"/><c id="c"/>',
  'a.json': '{ "usingComponents": { "c": "c" } }',
  'c.js':
    "Component({ methods: { measure(then) { this.createSelectorQuery().select('#in').boundingClientRect(then).exec(); } } });",
  'c.wxml': '<view id="in"/>',
  'c.json': '{ "component": true }',
};

async function opened(t, files = {}) {
  const phone = await Phone.boot({ name: 'test', root: packageOf(t, { ...PAGE, ...files }) });
  t.after(() => phone.close());
  await phone.open('/a');
  return phone;
}

/** Runs code in the app, with `wx` and `out`. */
function inApp(phone, code) {
  phone.service.enter('test', () =>
    phone.service.realm.compile(code, ['out', 'page'], 'test.js')(phone.app.out, phone.page.instance),
  );
}

test('WeChat has every API that is offered', async (t) => {
  const phone = await runInApp(t, 'out.names = Object.keys(wx);');
  const typings = readFileSync(
    new URL('../../js-glue/node_modules/miniprogram-api-typings/types/wx/lib.wx.api.d.ts', import.meta.url),
    'utf8',
  );
  const face = typings.slice(typings.search(/\n\s*interface Wx \{/));
  const known = new Set([...face.matchAll(/^\s+(?:readonly )?(\w+)[<(:]/gm)].map(([, name]) => name));
  // These two are in WeChat and in the vendor's guides; the typings have not heard of them.
  for (const name of ['onNetworkWeakChange', 'offNetworkWeakChange']) known.add(name);
  assert.ok(known.size > 300, 'the typings were read');
  assert.deepEqual(
    out(phone).names.filter((name) => !known.has(name)),
    [],
  );
});

test('an API that WeChat lacks is undefined; using it is a fault that names it', async (t) => {
  const phone = await runInApp(t, 'out.kind = typeof wx.noSuchThing; wx.noSuchThing({});');
  assert.equal(out(phone).kind, 'undefined');
  assert.match(phone.faults[0].message, /wx\.noSuchThing is not a function/);
});

test('createSelectorQuery: from wx and from a component, one, many, the viewport, none', async (t) => {
  const phone = await opened(t);
  inApp(
    phone,
    `
    const query = wx.createSelectorQuery();
    query.select('#v').boundingClientRect((rect) => { out.one = rect; });
    query.selectAll('.x').fields({ dataset: true, size: true });
    query.selectViewport().boundingClientRect();
    query.select('#none').boundingClientRect();
    query.exec((results) => { out.results = results; });
    wx.createSelectorQuery().in(page.selectComponent('#c')).select('#in').boundingClientRect().exec(([inside]) => { out.inside = inside; });
    page.selectComponent('#c').measure((rect) => { out.own = rect; });
  `,
  );
  await phone.waitFor(() => phone.app.out.results && phone.app.out.inside && phone.app.out.own, 1000, 'results');
  const { one, results, inside, own } = out(phone);
  const nowhere = { left: 0, top: 0, right: 0, bottom: 0, width: 0, height: 0 };
  assert.deepEqual(one, { id: 'v', dataset: { n: 1 }, ...nowhere });
  assert.deepEqual(results, [
    one,
    [
      { dataset: { n: 1 }, width: 0, height: 0 },
      { dataset: {}, width: 0, height: 0 },
    ],
    { id: '', dataset: {}, left: 0, top: 0, right: 390, bottom: 753, width: 390, height: 753 },
    null,
  ]);
  assert.deepEqual([inside.id, own.id], ['in', 'in']);
  assert.deepEqual(phone.faults, []);
});

test('login, checkSession, the menu button, settings of the system, update manager', async (t) => {
  const phone = await runInApp(
    t,
    `
    wx.checkSession({ fail: (r) => { out.before = r.errMsg; } });
    wx.login().then(({ code, errMsg }) => { out.login = [typeof code, code.length > 0, errMsg]; wx.checkSession({ success: (r) => { out.after = r.errMsg; } }); });
    out.menu = wx.getMenuButtonBoundingClientRect();
    out.settings = [wx.getSystemSetting().deviceOrientation, wx.getAppAuthorizeSetting().cameraAuthorized, wx.getWindowInfo().safeArea.bottom];
    wx.getUpdateManager().onCheckForUpdate(({ hasUpdate }) => { out.hasUpdate = hasUpdate; });
  `,
  );
  await phone.waitFor(() => phone.app.out.after && 'hasUpdate' in phone.app.out, 1000, 'answers');
  const seen = out(phone);
  assert.deepEqual([seen.login, seen.after, seen.hasUpdate], [['string', true, 'login:ok'], 'checkSession:ok', false]);
  assert.match(seen.before, /checkSession:fail/);
  assert.deepEqual(seen.menu, { width: 87, height: 32, top: 51, right: 383, bottom: 83, left: 296 });
  assert.deepEqual(seen.settings, ['portrait', 'authorized', 810]);
  phone.setNetwork({ isConnected: false });
  const { errMsg } = await new Promise((resolve) => {
    phone.service.realm.global.wx.login({ fail: resolve });
  });
  assert.match(errMsg, /login:fail/);
});

test('showActionSheet: the item that is tapped, none, too many', async (t) => {
  const phone = await runInApp(
    t,
    `out.ask = (itemList) => wx.showActionSheet({ itemList }).then((r) => r.tapIndex, (r) => r.errMsg);`,
  );
  const ask = (list) => phone.app.out.ask(phone.service.realm.handOver(list));
  assert.equal(await ask(['a', 'b']), 0);
  phone.wx.interaction.answerActionSheet = (items) => items.indexOf('b');
  assert.equal(await ask(['a', 'b']), 1);
  phone.wx.interaction.answerActionSheet = () => null;
  assert.equal(await ask(['a']), 'showActionSheet:fail cancel');
  assert.match(await ask([]), /at least 1 item/);
  assert.match(await ask([...'abcdefg']), /showActionSheet:fail parameter error.* 6/);
  assert.match(await ask(undefined), /should be Array/);
});

test('vibrations, scrolling, title bar: told as events, wrong values refused', async (t) => {
  const phone = await opened(t);
  const shown = [];
  phone.onEvent((event) => {
    if (event.kind === 'ui') shown.push(event.api);
  });
  inApp(
    phone,
    `
    const say = (promise) => promise.then((r) => r.errMsg, (r) => r.errMsg);
    Promise.all([wx.vibrateShort({ type: 'heavy' }), wx.vibrateShort({ type: 'loud' }), wx.vibrateLong(), wx.pageScrollTo({ scrollTop: 7 }), wx.pageScrollTo({ selector: '#gone' }), wx.pageScrollTo({ selector: '#v' }),
      wx.setNavigationBarColor({ frontColor: 'red', backgroundColor: '#000000' }), wx.hideTabBar()].map(say)).then((list) => { out.list = list; });
  `,
  );
  await phone.waitFor(() => phone.app.out.list, 1000, 'answers');
  assert.deepEqual(out(phone).list, [
    'vibrateShort:ok',
    'vibrateShort:fail style is not support',
    'vibrateLong:ok',
    'pageScrollTo:ok',
    'pageScrollTo:fail selector "#gone" is not found',
    'pageScrollTo:ok',
    'setNavigationBarColor:fail invalid frontColor "red"',
    'hideTabBar:fail not TabBar page',
  ]);
  assert.equal(phone.page.instance.scrolled, 7);
  assert.deepEqual(shown.slice(0, 3), ['vibrateShort', 'vibrateShort', 'vibrateLong']);
});

test('getFileSystemManager reads the package: text, bytes, parts, folders; what is not there fails; nothing writes', async (t) => {
  const phone = await opened(t, { 'data/x.txt': 'grüße' });
  inApp(
    phone,
    `
    const files = wx.getFileSystemManager();
    out.sync = files.readFileSync('data/x.txt', 'utf8');
    out.bytes = files.readFileSync('/data/x.txt').byteLength;
    out.part = files.readFileSync('data/x.txt', 'base64', 0, 2);
    out.list = files.readdirSync('data');
    out.user = files.readdirSync(wx.env.USER_DATA_PATH);
    out.access = files.accessSync('data/x.txt') === undefined;
    const name = (work) => { try { work(); return 'none'; } catch (error) { return error instanceof Error ? error.message : 'foreign'; } };
    out.gone = [name(() => files.readFileSync('gone.txt')), name(() => files.accessSync(wx.env.USER_DATA_PATH + '/x')), name(() => files.readFileSync('../../etc/passwd')), name(() => files.readFileSync('data/x.txt', 'morse'))];
    files.readFile({ filePath: 'data/x.txt', encoding: 'utf8', success: (r) => { out.read = r.data; } });
    files.readFile({ filePath: 'gone.txt', fail: (r) => { out.failed = r.errMsg; } });
    out.kinds = [typeof files.writeFile, typeof files.unlinkSync, files.readFileSync('a.js') instanceof ArrayBuffer];
  `,
  );
  await phone.waitFor(() => phone.app.out.read && phone.app.out.failed, 1000, 'answers');
  const seen = out(phone);
  assert.deepEqual(
    [seen.sync, seen.bytes, seen.part, seen.list, seen.user, seen.access, seen.read, seen.kinds],
    ['grüße', 7, 'Z3I=', ['x.txt'], [], true, 'grüße', ['undefined', 'undefined', true]],
  );
  assert.deepEqual(
    seen.gone.map((message) => message.replace(/ "[^"]*"$/, '')),
    [
      'readFile:fail no such file or directory',
      'access:fail no such file or directory',
      'readFile:fail no such file or directory',
      'readFile:fail invalid encoding',
    ],
  );
  assert.match(seen.failed, /readFile:fail no such file/);
  assert.deepEqual(phone.faults, []);
});

test('createInnerAudioContext plays a file of the package to its end; one that is not there or is no sound is an error', async (t) => {
  const root = packageOf(t, { ...PAGE, 'noise.mp3': 'this is no sound' });
  execFileSync('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', 'sine=duration=0.6', join(root, 'ring.wav')]);
  const phone = await Phone.boot({ name: 'test', root });
  t.after(() => phone.close());
  await phone.open('/a');
  inApp(
    phone,
    `
    const audio = wx.createInnerAudioContext();
    out.events = [];
    for (const name of ['Canplay', 'Play', 'Pause', 'Stop', 'Ended', 'TimeUpdate', 'Error']) audio['on' + name]((event) => { out.events.push(name); if (event && event.errCode) out.code = event.errCode; });
    audio.src = 'ring.wav';
    out.before = [audio.paused, audio.src, audio.duration];
    audio.play();
    out.audio = audio;
  `,
  );
  const happened = (name) => phone.waitFor(() => phone.app.out.events.includes(name), 5000, name);
  await happened('Play');
  assert.ok(Math.abs(phone.app.out.audio.duration - 0.6) < 0.1);
  assert.equal(phone.app.out.audio.paused, false);
  const startedAt = Date.now();
  await happened('Ended');
  assert.ok(Date.now() - startedAt > 200, 'as long as the sound');
  assert.deepEqual([[...phone.app.out.before], phone.app.out.audio.paused], [[true, 'ring.wav', 0], true]);
  assert.deepEqual(
    [...phone.app.out.events].filter((name) => name !== 'TimeUpdate'),
    ['Canplay', 'Play', 'Ended'],
  );
  for (const [src, code] of [
    ['gone.mp3', 10003],
    ['noise.mp3', 10004],
  ]) {
    inApp(phone, `out.code = 0; out.audio.src = '${src}'; out.audio.play();`);
    await phone.waitFor(() => phone.app.out.code === code, 5000, src);
  }
  inApp(phone, "out.events.length = 0; out.audio.src = 'ring.wav'; out.audio.loop = true; out.audio.play();");
  await happened('Ended');
  inApp(phone, 'out.audio.pause(); out.audio.seek(0.1); out.audio.stop(); out.audio.destroy();');
  await pause(100);
  assert.equal(liveProcesses(), 0);
  assert.deepEqual(phone.faults, []);
});

test('animations are written down; base64 goes both ways; clearStorage', async (t) => {
  const phone = await runInApp(
    t,
    `
    const animation = wx.createAnimation({ duration: 100 });
    animation.opacity(0.5).rotate(45).left(10).step().scale(2).step({ duration: 5, timingFunction: 'ease' });
    out.actions = animation.export().actions; out.again = animation.export().actions.length;
    const bytes = new Uint8Array([0, 250, 3, 66]);
    out.text = [1, 2, 3, 4].map((n) => wx.arrayBufferToBase64(bytes.slice(0, n).buffer));
    out.back = out.text.map((text) => Array.from(new Uint8Array(wx.base64ToArrayBuffer(text))));
    wx.setStorageSync('a', 1); wx.clearStorage({ success: () => { out.keys = wx.getStorageInfoSync().keys; } });
  `,
  );
  await phone.waitFor(() => phone.app.out.keys, 1000, 'clearStorage');
  const seen = out(phone);
  assert.deepEqual(seen.actions[0], {
    animates: [
      { type: 'style', args: ['opacity', 0.5] },
      { type: 'rotate', args: [45] },
      { type: 'style', args: ['left', '10px'] },
    ],
    option: { transformOrigin: '50% 50% 0', transition: { duration: 100, timingFunction: 'linear', delay: 0 } },
  });
  assert.deepEqual([seen.actions.length, seen.actions[1].option.transition.timingFunction, seen.again], [2, 'ease', 0]);
  assert.deepEqual(
    seen.text,
    [1, 2, 3, 4].map((n) => Buffer.from([0, 250, 3, 66].slice(0, n)).toString('base64')),
  );
  assert.deepEqual(seen.back, [[0], [0, 250], [0, 250, 3], [0, 250, 3, 66]]);
  assert.deepEqual(seen.keys, []);
});
