/** Ways between pages beyond the plain ones: the tab bar, and the channel between a page and the one it opens. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phone } from '../../simulator/index.js';
import { packageOf } from './support.mjs';

const trace = (name) =>
  `Page({ onLoad() { getApp().trace.push('${name} load'); }, onShow() { getApp().trace.push('${name} show'); }, onHide() { getApp().trace.push('${name} hide'); }, onUnload() { getApp().trace.push('${name} unload'); } });`;
const FILES = {
  'app.json':
    '{ "pages": ["one", "two", "detail"], "tabBar": { "list": [{ "pagePath": "one", "text": "1" }, { "pagePath": "two", "text": "2" }] } }',
  'app.js': 'App({ trace: [] });',
  'one.js': trace('one'),
  'one.wxml': '<view/>',
  'two.js': trace('two'),
  'two.wxml': '<view/>',
  'detail.js': trace('detail'),
  'detail.wxml': '<view/>',
};

async function started(t, files = FILES) {
  const phone = await Phone.boot({ name: 'test', root: packageOf(t, files) });
  t.after(() => phone.close());
  await phone.open('/one');
  const call = (api, given) =>
    new Promise((resolve) => {
      phone.service.realm.global.wx[api](phone.service.realm.handOver({ ...given, success: resolve, fail: resolve }));
    });
  const since = () => [...phone.app.trace.splice(0)];
  return { phone, call, since };
}

test('switchTab: tab pages are loaded once and live on, pages above them unload', async (t) => {
  const { phone, call, since } = await started(t);
  since();
  assert.equal((await call('switchTab', { url: '/two' })).errMsg, 'switchTab:ok');
  assert.deepEqual(since(), ['one hide', 'two load', 'two show']);
  const { instance } = phone.page;
  await call('navigateTo', { url: '/detail' });
  since();
  await call('switchTab', { url: '/one?ignored=1' });
  assert.deepEqual(since(), ['detail unload', 'one show']);
  assert.deepEqual([phone.page.path, phone.pages.stack.length], ['one', 1]);
  await call('navigateTo', { url: '/detail' });
  since();
  await call('switchTab', { url: '/one' });
  assert.deepEqual(since(), ['detail unload', 'one show']);
  await call('switchTab', { url: '/two' });
  assert.equal(phone.page.instance, instance, 'the same page as before');
  since();
  await call('switchTab', { url: '/two' });
  assert.deepEqual(since(), []);
  await call('reLaunch', { url: '/detail' });
  assert.deepEqual(since().sort(), ['detail load', 'detail show', 'one unload', 'two unload']);
  assert.deepEqual(phone.faults, []);
});

test('switchTab to no tab, and other ways to a tab, are refused', async (t) => {
  const { phone, call } = await started(t);
  assert.equal((await call('switchTab', { url: '/detail' })).errMsg, 'switchTab:fail can not switch to no-tabBar page');
  assert.equal((await call('navigateTo', { url: '/two' })).errMsg, 'navigateTo:fail can not navigateTo a tabbar page');
  assert.equal((await call('redirectTo', { url: '/two' })).errMsg, 'redirectTo:fail can not redirectTo a tabbar page');
  assert.equal((await call('setTabBarBadge', { index: 1, text: '3' })).errMsg, 'setTabBarBadge:ok');
  assert.equal(
    (await call('setTabBarBadge', { index: 2, text: '3' })).errMsg,
    'setTabBarBadge:fail tabbar item not found',
  );
  await call('navigateTo', { url: '/detail' });
  assert.equal((await call('hideTabBar', {})).errMsg, 'hideTabBar:fail not TabBar page');
  assert.deepEqual(phone.faults, []);
});

test('navigateTo opens a channel to the new page, in both directions', async (t) => {
  const { phone } = await started(t, {
    'app.json': '{ "pages": ["one", "two"] }',
    'app.js': 'App({ heard: [] });',
    'one.wxml': '<view/>',
    'two.wxml': '<view/>',
    'one.js': `Page({ go() { wx.navigateTo({ url: '/two', events: { back: (value) => getApp().heard.push('back ' + value.x) }, success: ({ eventChannel }) => eventChannel.emit('there', { x: 1 }, 2) }); } });`,
    'two.js': `Page({ onLoad() { const channel = this.getOpenerEventChannel(); channel.once('there', (value, more) => getApp().heard.push('there ' + value.x + more)); channel.emit('back', { x: 3 }); channel.emit('nobody'); } });`,
  });
  phone.page.call('go');
  await phone.waitFor(() => phone.app.heard.length === 2, 1000, 'both');
  assert.deepEqual([...phone.app.heard], ['back 3', 'there 12']);
  assert.deepEqual(phone.faults, []);
});

test('a page opened without a channel has one that nobody hears', async (t) => {
  const { phone } = await started(t, {
    'app.json': '{ "pages": ["one"] }',
    'one.wxml': '<view/>',
    'one.js': "Page({ onLoad() { this.getOpenerEventChannel().emit('x'); } });",
  });
  assert.deepEqual(phone.faults, []);
});
