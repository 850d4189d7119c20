/**
 * What the runtimes of frameworks and analytics libraries do to pages: replace the global functions, write on
 * instances, copy events.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phone } from '../../simulator/index.js';
import { packageOf } from './support.mjs';

async function phoneWith(t, files) {
  const phone = await Phone.boot({ root: packageOf(t, files), name: 'test' });
  t.after(() => phone.close());
  return phone;
}

const PAGE = (name) => ({ [`${name}.wxml`]: '<view id="v" bindtap="onTap">{{word}}</view>', [`${name}.json`]: '{}' });

test('`global` is there; what a runtime leaves on it, a page finds', async (t) => {
  const phone = await phoneWith(t, {
    'app.json': '{ "pages": ["a"] }',
    'app.js': 'wx.createPage = global.createPage = (page) => Page(page); App({});',
    'a.js': 'global.createPage({ data: { word: typeof global + (global === globalThis) }, onTap() {} });',
    ...PAGE('a'),
  });
  await phone.open('/a');
  assert.equal(phone.page.find('#v').text(), 'objecttrue');
  assert.deepEqual(phone.addedGlobals(), ['createPage']);
  assert.deepEqual(phone.faults, []);
});

test('Page, Component, Behavior and App that the app replaces stay replaced', async (t) => {
  const wrap = (name) =>
    `{ const before = ${name}; ${name} = function (definition) { seen.push('${name}'); return before(definition); }; }`;
  const phone = await phoneWith(t, {
    'app.json': '{ "pages": ["a", "b"] }',
    'app.js': `const seen = []; ${['Page', 'Component', 'Behavior', 'App'].map(wrap).join('\n')} App({ seen });`,
    'a.js': 'Page({ data: { word: 1 }, onTap() {} });',
    ...PAGE('a'),
    'a.json': '{ "usingComponents": { "c": "c" } }',
    'b.js': 'Page({ data: { word: 2 }, onTap() {} });',
    ...PAGE('b'),
    'c.js': 'Component({ behaviors: [Behavior({})] });',
    'c.wxml': '<view/>',
    'c.json': '{ "component": true }',
  });
  await phone.open('/a');
  await phone.open('/b');
  assert.deepEqual([...phone.app.seen], ['App', 'Behavior', 'Component', 'Page', 'Page']);
  assert.equal(phone.page.find('#v').text(), '2');
  assert.deepEqual(phone.faults, []);
});

test('a behavior may be made in app.js; Page() there is a fault', async (t) => {
  const phone = await phoneWith(t, {
    'app.json': '{ "pages": ["a"] }',
    'app.js': 'App({ shared: Behavior({ methods: { onTap() { this.setData({ word: "tapped" }); } } }) }); Page({});',
    'a.js': 'Page({ behaviors: [getApp().shared] });',
    ...PAGE('a'),
  });
  await phone.open('/a');
  phone.page.find('#v').tap();
  assert.equal(phone.page.data.word, 'tapped');
  assert.deepEqual(
    phone.faults.map(({ message }) => message),
    ['Page() was called outside of a registered page or component file'],
  );
});

test("a page's `route`, `options`, `__route__`, `is` and methods can be written", async (t) => {
  const phone = await phoneWith(t, {
    'app.json': '{ "pages": ["a"] }',
    'a.js': `Page({ data: { word: '' }, onTap() {}, onLoad(query) {
      const before = [this.route, this.__route__, this.options === query, Object.keys(this).includes('route')];
      for (const name of ['route', 'options', '__route__', 'is', 'id', 'dataset']) this[name] = 'own ' + name;
      this.extra = 1;
      const setData = this.setData;
      this.setData = function (data, then) { return setData.call(this, { ...data, traced: true }, then); };
      this.setData({ before, after: [this.route, this.options, this.__route__, this.is, this.id, this.dataset] });
    } });`,
    ...PAGE('a'),
  });
  await phone.open('/a?x=1');
  const { before, after, traced } = phone.page.data;
  assert.deepEqual(before, ['a', 'a', true, true]);
  assert.deepEqual(after, ['own route', 'own options', 'own __route__', 'own is', 'own id', 'own dataset']);
  assert.equal(traced, true);
  assert.deepEqual(phone.faults, []);
});

test('handlers set on the instance at run time are called; one that nobody sets is a fault', async (t) => {
  const phone = await phoneWith(t, {
    'app.json': '{ "pages": ["a"] }',
    'a.wxml':
      '<view id="a" bindtap="early"/><view id="b" bindtap="{{name}}"/><view id="c" bindtap="replaced"/><view id="d" bindtap="never"/><view wx:if="{{more}}" bindtap="{{missing}}"/>',
    'a.js': `Page({ data: { name: '' }, replaced() { this.heard = 'old'; },
      onLoad() { this.early = () => { this.heard = 'early'; }; this.replaced = () => { this.heard = 'new'; }; },
      onReady() { this.e0 = function () { this.heard = 'e0 ' + (typeof this.setData); }; this.setData({ name: 'e0' }); } });`,
  });
  await phone.open('/a');
  const heard = (selector) => {
    phone.page.find(selector).tap();
    return phone.page.instance.heard;
  };
  assert.deepEqual(['#a', '#b', '#c'].map(heard), ['early', 'e0 function', 'new']);
  assert.deepEqual(
    phone.faults.map(({ kind, message }) => [kind, message]),
    [['unknown-handler', "no method 'never' for event 'tap' of <view>"]],
  );
  phone.page.instance.setData(phone.service.realm.handOver({ more: true, missing: 'later' }));
  await phone.waitFor(() => phone.faults.length === 2, 1000, 'the second fault');
  assert.match(phone.faults[1].message, /no method 'later'/);
});

test('an event has fields of its own and can be written as JSON', async (t) => {
  const phone = await phoneWith(t, {
    'app.json': '{ "pages": ["a"] }',
    'a.wxml':
      '<view id="outer" data-which="outer" data-deep="{{deep}}" mark:m="{{1}}" bindtap="keep"><view id="inner" data-which="inner"/></view><c id="c" data-n="{{7}}" bind:hey="keep"/>',
    'a.json': '{ "usingComponents": { "c": "c" } }',
    'a.js': `Page({ data: { deep: { x: [1] } }, keep(event) {
      this.own = Object.keys(event); this.json = JSON.stringify(event); this.copy = Object.assign({}, event); this.spread = { ...event };
      this.ours = event instanceof Object && event.target.dataset instanceof Object; event.target.dataset.which = 'changed';
      event.stopPropagation = () => {}; event.detail = { replaced: true };
    } });`,
    'c.js': "Component({ methods: { go() { this.triggerEvent('hey', { a: 1 }); } } });",
    'c.wxml': '<view id="go" bindtap="go"/>',
    'c.json': '{ "component": true }',
  });
  await phone.open('/a');
  phone.page.find('#inner').tap();
  const { instance } = phone.page;
  const event = JSON.parse(instance.json);
  assert.equal(typeof event.timeStamp, 'number');
  assert.deepEqual(event.target, { id: 'inner', offsetLeft: 0, offsetTop: 0, dataset: { which: 'inner' } });
  assert.deepEqual(event.currentTarget, {
    id: 'outer',
    offsetLeft: 0,
    offsetTop: 0,
    dataset: { which: 'outer', deep: { x: [1] } },
  });
  assert.deepEqual([event.type, event.detail, event.mark, event.touches.length], ['tap', { x: 0, y: 0 }, { m: 1 }, 1]);
  for (const name of ['type', 'detail', 'target', 'currentTarget', 'timeStamp'])
    assert.ok([...instance.own].includes(name), name);
  assert.deepEqual([instance.copy.type, instance.spread.target.id, instance.ours], ['tap', 'inner', true]);
  assert.equal(phone.page.find('#inner').dataset.which, 'inner', 'what a handler writes on its event stays there');
  phone.page.find('#go').tap();
  const own = JSON.parse(instance.json);
  assert.deepEqual([own.type, own.detail, own.target.id, own.target.dataset], ['hey', { a: 1 }, 'c', { n: 7 }]);
  assert.equal('touches' in own, false);
  assert.deepEqual(phone.faults, []);
});

test('getApp({ allowDefault: true }) before App() gives an object that becomes part of the app', async (t) => {
  const phone = await phoneWith(t, {
    'app.json': '{ "pages": ["a"] }',
    'app.js': 'const none = getApp(); getApp({ allowDefault: true }).early = 1; App({ none: none === undefined });',
    'a.js': 'Page({ onTap() {}, data: { word: getApp().early } });',
    ...PAGE('a'),
  });
  await phone.open('/a');
  assert.deepEqual([phone.page.find('#v').text(), phone.app.none], ['1', true]);
});
