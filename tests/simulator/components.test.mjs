/**
 * Pages and components from their real files: life cycle, data, events, routes, and the faults that strictness finds.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boot, fixture, out, packageOf, pause, runInApp } from './support.mjs';
import { Phone } from '../../simulator/index.js';

const trace = (phone) => [...phone.app.globalData.trace];

test('life cycle of app, page and components, in order', async (t) => {
  const phone = await boot(t);
  await phone.open('/pages/index/index?x=1&word=a%20b');
  const seen = trace(phone);
  const order = [
    'App.onLaunch pages/index/index',
    'App.onShow',
    'card created',
    'card attached',
    'page onLoad {"x":"1","word":"a%20b"}',
    'page onShow',
    'card page show',
    'card ready',
    'page onReady',
  ];
  assert.deepEqual(
    seen.filter((line, index) => order.includes(line) && seen.indexOf(line) === index),
    order,
  );
  assert.equal(seen.filter((line) => line === 'card ready').length, 2);
  phone.page.find('#toggle').tap();
  assert.equal(trace(phone).filter((line) => line === 'card detached').length, 2);
  phone.hide();
  phone.show();
  await pause(5);
  assert.deepEqual(trace(phone).slice(-4), ['page onHide', 'App.onHide', 'App.onShow', 'page onShow']);
  assert.deepEqual(phone.faults, []);
});

test('data, lists, conditions, templates, wxs, slots and text', async (t) => {
  const phone = await boot(t);
  await phone.open('/pages/index/index');
  assert.equal(phone.page.find('#answer').text(), '42 twice is 84');
  assert.deepEqual(
    phone.page.findAll('card').map((card) => card.text()),
    ['a 0 inside', 'b 0 inside'],
  );
  assert.equal(phone.page.find('#nothing'), null);
  phone.page.find('#toggle').tap();
  assert.equal(phone.page.find('#nothing').text(), 'nothing');
  assert.equal(phone.page.find('card'), null);
  phone.page.find('#off').tap();
  assert.equal(phone.page.data.shown, false, 'a disabled button does nothing');
});

test('events: a component speaks to its page, input and form speak to theirs', async (t) => {
  const phone = await boot(t);
  await phone.open('/pages/index/index');
  phone.page.find('#card-b').find('view').tap();
  assert.deepEqual(phone.page.data.heard, { label: 'b', times: 1, item: 'b' });
  assert.equal(phone.page.find('#card-b').data.pressed, 1);
  phone.page.find('#name').input('bob');
  assert.equal(phone.page.find('#greeting').text(), 'hello bob');
  phone.page.find('#send').tap();
  assert.deepEqual(phone.page.data.form, { name: 'bob' });
  assert.equal(phone.page.instance.selectComponent('#card-a').data.label, 'a');
  assert.deepEqual(phone.faults, []);
});

test('properties are converted to their type', async (t) => {
  const phone = await boot(t);
  await phone.open('/pages/media/media');
  phone.page.call('play', 7, ' ');
  const player = phone.page.find('v-player');
  assert.deepEqual([player.data.uid, player.data.screen], ['7', '1']);
  const native = player.find('live-player').data;
  assert.deepEqual([native.autoplay, native.mode, native.minCache], [true, 'RTC', 1]);
});

test('routes: navigate, back, redirect, relaunch; a page that does not exist is refused', async (t) => {
  const phone = await boot(t);
  await phone.open('/pages/index/index');
  phone.page.call('onward');
  await phone.waitFor(() => phone.page.path === 'pages/second/second', 1000, 'second page');
  assert.equal(phone.page.query.from, 'index');
  phone.page.find('view').tap();
  await phone.waitFor(() => phone.page.path === 'pages/index/index', 1000, 'the way back');
  assert.deepEqual(
    trace(phone).filter((line) => /second|page on(Hide|Show)/.test(line)),
    ['page onShow', 'page onHide', 'second onLoad index', 'second onUnload', 'page onShow'],
  );
  const { wx } = phone.service.realm.global;
  const failure = await new Promise((resolve) => {
    wx.navigateTo({ url: '/pages/nowhere/nowhere', fail: resolve });
  });
  assert.match(failure.errMsg, /navigateTo:fail page "pages\/nowhere\/nowhere" is not found/);
  for (let depth = 1; depth < 10; depth += 1)
    await new Promise((resolve, reject) => {
      wx.navigateTo({ url: '/pages/second/second', success: resolve, fail: reject });
    });
  const tooDeep = await new Promise((resolve) => {
    wx.navigateTo({ url: '/pages/second/second', fail: resolve });
  });
  assert.match(tooDeep.errMsg, /limit exceed/);
  await assert.rejects(phone.open('/pages/none'), /is not found/);
});

test('faults of templates: unknown tag, handler, event, attribute, and values that mislead', async (t) => {
  const phone = await boot(t, { root: fixture('broken') });
  await phone.open('/pages/broken/broken');
  const faults = phone.faults.map(({ kind, message }) => `${kind}: ${message}`);
  const expected = [
    /^unknown-tag: <mystery-tag>/,
    /^unknown-handler: no method 'noSuchMethod'/,
    /^warning: "colour" is not a valid property/,
    /^unknown-event: <live-player> has no event 'statechage'/,
    /^attribute: .*muted> is the string 'false'/,
    /^attribute: .*object-fit> is 'cover'/,
  ];
  for (const pattern of expected)
    assert.equal(faults.filter((fault) => pattern.test(fault)).length, 1, String(pattern));
  assert.equal(faults.length, expected.length, faults.join('\n'));
  assert.equal(phone.page.find('mystery-tag').text(), 'still shown');
});

test('faults of handlers: a throw, a rejection, an error in a life-cycle method', async (t) => {
  const phone = await boot(t, { root: fixture('broken') });
  await phone.open('/pages/broken/broken');
  phone.faults.length = 0;
  phone.page.find('#throws').tap();
  phone.page.call('later');
  await phone.waitFor(() => phone.faults.length === 2, 1000, 'two faults');
  assert.deepEqual(
    phone.faults.map(({ kind, message }) => [kind, message]),
    [
      ['exception', 'thrown in a handler'],
      ['unhandled-rejection', 'nobody handles this'],
    ],
  );
});

test('setData: bytes are counted; what is not JSON, undefined or too large is a fault', async (t) => {
  const phone = await boot(t);
  await phone.open('/pages/index/index');
  const page = phone.pages.current.instance;
  const { Object: RealmObject, JSON: RealmJson } = phone.service.realm.global;
  const put = (fill) => {
    const data = new RealmObject();
    fill(data);
    phone.faults.length = 0;
    page.setData(data);
    return phone.faults.map(({ kind, message }) => `${kind}: ${message}`).join();
  };
  phone.setDataLog.length = 0;
  assert.equal(
    put((data) => {
      data.name = '你好';
    }),
    '',
  );
  assert.deepEqual(phone.setDataLog, [{ is: 'pages/index/index', bytes: 17, keys: ['name'] }]);
  assert.match(
    put((data) => {
      data.name = undefined;
    }),
    /'name' is undefined/,
  );
  assert.equal(phone.page.data.name, '你好');
  assert.equal(
    put((data) => {
      data.f = () => 1;
    }),
    '',
    'a function stays on this side',
  );
  assert.equal(page.data.f(), 1);
  assert.match(
    put((data) => {
      data.n = NaN;
    }),
    /NaN/,
  );
  assert.match(
    put((data) => {
      data.b = BigInt(1);
    }),
    /bigint/,
  );
  assert.match(
    put((data) => {
      data.e = phone.service.realm.error('x');
    }),
    /Error instance/,
  );
  assert.match(
    put((data) => {
      data.self = RealmJson.parse('{}');
      data.self.self = data.self;
    }),
    /contains itself/,
  );
  assert.match(
    put((data) => {
      data.big = 'x'.repeat(1024 * 1024);
    }),
    /the limit is 1048576/,
  );
  assert.equal(phone.page.data.big, undefined);
});

test('faults of the package: missing files, bad wxss, a page that registers nothing', async (t) => {
  const root = packageOf(t, {
    'app.json': '{ "pages": ["a", "b"] }',
    'app.js': 'App({}); require("./nothing");',
    'a.js': '',
    'a.wxml': '<import src="gone.wxml" /><card/><view>',
    'a.json': '{ "usingComponents": { "card": "card" } }',
    'a.wxss': '.x { background: url(local.png);',
    'card.js': 'Component({})',
    'card.wxml': '<view/>',
    'card.json': '{}',
  });
  const phone = await Phone.boot({ root, name: 'test' });
  t.after(() => phone.close());
  await phone.open('/a');
  const faults = phone.faults.map(({ kind, message }) => `${kind}: ${message}`).join('\n');
  for (const pattern of [
    /missing-file: component or page 'b'/,
    /missing-file: template 'gone.wxml'/,
    /wxml: missing end tag/,
    /wxss: .*'{' but/,
    /wxss: url\(local.png\)/,
    /config: card.json must say "component": true/,
    /exception: module 'nothing' is not defined/,
    /module: a.js calls neither/,
  ])
    assert.match(faults, pattern);
  await assert.rejects(Phone.boot({ root: '/', name: 'x' }), /has no app.json/);
});

test('storage, permissions, modals, toasts', async (t) => {
  const phone = await runInApp(
    t,
    `
    wx.setStorageSync('k', { a: 1 });
    out.stored = wx.getStorageSync('k').a;
    out.none = wx.getStorageSync('other');
    wx.authorize({ scope: 'scope.camera', success: () => { out.camera = 'ok'; } });
    wx.authorize({ scope: 'scope.record', fail: (r) => { out.record = r.errMsg; } });
    wx.getSetting().then((r) => { out.setting = r.authSetting; });
    wx.showModal({ title: 'sure?', success: (r) => { out.confirm = r.confirm; } });
    wx.showToast({ title: 'done' });
    out.system = wx.getSystemInfoSync().SDKVersion;
    out.entries = wx.getPerformance().getEntriesByType('navigation').length;
    out.now = typeof wx.getPerformance().now;
  `,
    { permissions: { record: false } },
  );
  const shown = [];
  phone.onEvent((event) => {
    if (event.kind === 'ui') shown.push(event.api);
  });
  await phone.waitFor(
    () => 'confirm' in phone.app.out && phone.app.out.record && phone.app.out.setting,
    1000,
    'answers',
  );
  const seen = out(phone);
  assert.deepEqual(
    [seen.stored, seen.none, seen.camera, seen.confirm, seen.system, seen.now],
    [1, '', 'ok', true, '3.6.0', 'undefined'],
  );
  assert.match(seen.record, /auth deny/);
  assert.deepEqual(seen.setting, { 'scope.camera': true, 'scope.record': false });
});

test('pages and components run in every environment', async (t) => {
  for (const options of [
    { platform: 'ios', macrotaskPromise: true, globalThis: false, functionReturnThis: false },
    { finalizationRegistry: true, queueMicrotask: true },
    { platform: 'devtools', wxWebAssembly: false, bigInt: false },
  ]) {
    const phone = await boot(t, options);
    await phone.open('/pages/index/index');
    phone.page.find('#card-a').find('view').tap();
    assert.equal(phone.page.data.heard.times, 1);
    assert.deepEqual(phone.faults, []);
  }
});

test('two phones in one process share nothing', async (t) => {
  const one = await boot(t, { name: 'one' });
  const two = await boot(t, { name: 'two' });
  await Promise.all([one.open('/pages/index/index'), two.open('/pages/index/index')]);
  one.page.find('#name').input('only one');
  assert.equal(two.page.data.name, '');
  one.service.realm.global.Array.prototype.poisoned = true;
  assert.equal(two.service.realm.global.Array.prototype.poisoned, undefined);
  assert.equal([].poisoned, undefined);
});
