/** WXS: the library, modules that require one another, and where it differs from JavaScript. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phone } from '../../simulator/index.js';
import { packageOf } from './support.mjs';

async function shown(t, files) {
  const phone = await Phone.boot({
    name: 'test',
    root: packageOf(t, {
      'app.json': '{ "pages": ["pages/a/a"] }',
      'pages/a/a.js': 'Page({ data: { list: [1], map: { a: 1 }, none: null } });',
      ...files,
    }),
  });
  t.after(() => phone.close());
  await phone.open('/pages/a/a');
  assert.deepEqual(phone.faults, []);
  return phone.page.text();
}

test('getRegExp and getDate; a backslash in a pattern stands for itself', async (t) => {
  const text = await shown(t, {
    'pages/a/a.wxml': `<wxs module="m">
      var number = getRegExp('^-?\\d+(\\.\\d+)?$');
      var word = getRegExp("[A-Z]", 'g');
      module.exports = { px: function (x) { return number.test('' + x) ? x + 'px' : x; }, kebab: function (x) { return x.replace(word, function (y) { return '-' + y; }).toLowerCase(); },
        year: function () { return getDate(2020, 1, 1).getFullYear() + ' ' + getDate('2021-03-04T00:00:00Z').getTime() + ' ' + (getDate().getTime() > 0); }, double: getRegExp('^\\\\d$').test('5') };
    </wxs><view>{{m.px(12)}} {{m.px('1.5')}} {{m.px('dd')}} {{m.kebab('fontSize')}} {{m.year()}} {{m.double}}</view>`,
  });
  assert.equal(text, '12px 1.5px dd font-size 2020 1614816000000 true true');
});

test('a script requires others, relative, from the root, from inline scripts, once each', async (t) => {
  const text = await shown(t, {
    'pages/a/a.wxml':
      '<wxs src="./one.wxs" module="one"/><wxs src="../../shared/counter.wxs" module="counter"/><wxs module="inline">var b = require("./deep/two.wxs"); module.exports.x = b.name;</wxs><view>{{one.name}} {{inline.x}} {{one.count()}} {{counter.next()}}</view>',
    'pages/a/one.wxs':
      "var two = require('./deep/two.wxs');\nvar counter = require('../../shared/counter.wxs');\nmodule.exports = { name: 'one ' + two.name, count: function () { return counter.next(); } };",
    'pages/a/deep/two.wxs': 'var three = require("/shared/three.wxs");\nmodule.exports.name = "two " + three;',
    'shared/three.wxs': "module.exports = 'three';",
    'shared/counter.wxs': 'var n = 0;\nmodule.exports = { next: function () { n = n + 1; return n; } };',
  });
  assert.equal(text, 'one two three two three 1 2');
});

test('constructor is a name', async (t) => {
  const text = await shown(t, {
    'pages/a/a.wxml': `<wxs module="m">module.exports = function (x) { return x && x.constructor; };</wxs>
      <view>{{m(list)}} {{m(map)}} {{m('s')}} {{m(1)}} {{m(true)}} {{m(m)}}</view>`,
  });
  assert.equal(text, 'Array Object String Number Boolean Function');
});

test('a script that is not there is a fault, also when another script requires it', async (t) => {
  const phone = await Phone.boot({
    name: 'test',
    root: packageOf(t, {
      'app.json': '{ "pages": ["a"] }',
      'a.js': 'Page({});',
      'a.wxml': '<wxs src="./one.wxs" module="one"/>',
      'one.wxs': 'module.exports = 1; function never() { require("./gone.wxs"); }',
    }),
  });
  t.after(() => phone.close());
  assert.deepEqual(
    phone.faults.map(({ kind, message, where }) => [kind, message, where]),
    [['missing-file', "script 'gone.wxs' is used but not there", 'one.wxs']],
  );
});
