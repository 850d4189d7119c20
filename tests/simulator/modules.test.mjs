/**
 * What DevTools makes of an app's files: ES modules, TypeScript, packages of npm, aliases; and what it says of files it
 * cannot use.
 */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Phone } from '../../simulator/index.js';
import { temporaryFolder } from '../folder.mjs';
import { out, packageOf, runInApp } from './support.mjs';

const messages = (phone) => phone.faults.map(({ kind, message }) => `${kind}: ${message}`);

test('ES modules: named, default, namespace, re-export, cycles, and CommonJS from both sides', async (t) => {
  const phone = await runInApp(
    t,
    "const all = require('./main'); Object.assign(out, all.result, { esModule: all.__esModule });",
    {
      files: {
        'main.js': `import one, { two, three as drei } from './values.js';
      import * as space from './values';
      import plain, { member } from './common';
      import data from './data.json';
      export { four } from './again';
      export * from './values';
      export const result = { list: [one, two, drei, space.two, space.default, plain.member, member, data.x], strict: (function () { return this === undefined; })() };`,
        'values.js': 'export default 1; export const two = 2; const three = 3; export { three };',
        'again.js': "export { two as four } from './values'; export async function later() {}",
        'common.js': 'module.exports = { member: 5 };',
        'data.json': '{ "x": 6 }',
      },
    },
  );
  assert.deepEqual(phone.faults, []);
  assert.deepEqual(out(phone), { list: [1, 2, 3, 2, 1, 5, 5, 6], strict: true, esModule: true });
});

test('a default import of a module that says __esModule and has no default is undefined, as DevTools has it', async (t) => {
  const phone = await runInApp(t, "out.kind = require('./main').kind;", {
    files: {
      'main.js': "import nothing from './marked'; export const kind = typeof nothing;",
      'marked.js': "Object.defineProperty(exports, '__esModule', { value: true }); exports.Client = 1;",
    },
  });
  assert.equal(out(phone).kind, 'undefined');
});

test('TypeScript: component and module, with types taken away; a .js of the same name is the one that runs', async (t) => {
  const phone = await Phone.boot({
    name: 'test',
    root: packageOf(t, {
      'app.json': '{ "pages": ["a"] }',
      'app.js': "App({ kind: require('./kind').Kind.A, both: require('./both') });",
      'both.js': "module.exports = 'js';",
      'both.ts': "export = 'ts';",
      'kind.ts': 'export interface Shape { a?: number }\nexport enum Kind { A = 1 }',
      'a.ts':
        "import type { Shape } from './kind'; Page({ data: { word: '' } as Record<string, string | Shape>, onTap(_e: Shape) { this.setData!({ word: 'tapped' }); } });",
      'a.wxml': '<c bindtap="onTap" word="{{word}}"/>',
      'a.json': '{ "usingComponents": { "c": "./c/c" } }',
      'c/c.ts': 'Component({ properties: { word: String } });',
      'c/c.wxml': '{{word}}',
      'c/c.json': '{ "component": true }',
    }),
  });
  t.after(() => phone.close());
  await phone.open('/a');
  phone.page.find('c').tap();
  assert.deepEqual([phone.app.kind, phone.app.both, phone.page.text()], [1, 'js', 'tapped']);
  assert.deepEqual(phone.faults, []);
});

test('a project in TypeScript alone, found by miniprogramRoot', async (t) => {
  const root = temporaryFolder(t, 'project');
  const write = (path, content) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  write('project.config.json', '{ "miniprogramRoot": "miniprogram/" }');
  write('miniprogram/app.json', '{ "pages": ["a"], "resolveAlias": { "@/*": "/*" } }');
  write('miniprogram/app.ts', "import { start } from '@/utils/start'; App<{ out: string }>({ out: start(1) });");
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a file of TypeScript
  write('miniprogram/utils/start.ts', 'export const start = (n: number): string => `${n}` as string;');
  write(
    'miniprogram/a.ts',
    "import { start } from '/utils/start'; Page({ data: { word: start(7) }, onTap(this: any) { this.setData({ word: 'tapped' }); } });",
  );
  write('miniprogram/a.wxml', '<view id="v" bindtap="onTap">{{word}}</view>');
  const phone = await Phone.boot({ name: 'test', root });
  t.after(() => phone.close());
  await phone.open('/a');
  assert.equal(phone.page.find('#v').text(), '7');
  phone.page.find('#v').tap();
  assert.equal(phone.page.find('#v').text(), 'tapped');
  assert.equal(phone.app.out, '1');
  assert.deepEqual(phone.faults, []);
});

test("helpers of DevTools' compiler: in the root, asked for from there by name, from folders by path", async (t) => {
  const phone = await runInApp(
    t,
    "out.values = [require('@babel/runtime/helpers/slicedToArray')([1, 2], 2), require('./deep/file')];",
    {
      files: {
        'deep/file.js': "module.exports = require('../@babel/runtime/helpers/slicedToArray')([3], 1);",
        '@babel/runtime/helpers/slicedToArray.js':
          "module.exports = function (list, length) { return require('./arrayLikeToArray')(list, length); };",
        '@babel/runtime/helpers/arrayLikeToArray.js':
          'module.exports = function (list, length) { return list.slice(0, length); };',
      },
    },
  );
  assert.deepEqual(phone.faults, []);
  assert.deepEqual(out(phone).values, [[1, 2], [3]]);
});

test('packages of npm: require by name, by path inside, from a package of the package; components by name', async (t) => {
  const phone = await Phone.boot({
    name: 'test',
    root: packageOf(t, {
      'app.json': '{ "pages": ["pages/a/a"], "usingComponents": { "whole": "ui" } }',
      'app.js': "App({ values: [require('pkg'), require('pkg/deep/file'), require('@scope/pkg').x] });",
      'miniprogram_npm/pkg/index.js': "module.exports = 'pkg ' + require('inner');",
      'miniprogram_npm/pkg/deep/file.js': "module.exports = 'deep';",
      'miniprogram_npm/pkg/miniprogram_npm/inner/index.js': "module.exports = 'inner';",
      'miniprogram_npm/@scope/pkg/index.js': 'export const x = 1;',
      'pages/a/a.js': "import name from 'pkg'; Page({ data: { name } });",
      'pages/a/a.wxml': '<button-of-ui/><whole/><folder/><view id="n">{{name}}</view>',
      'pages/a/a.json': '{ "usingComponents": { "button-of-ui": "ui/button/button", "folder": "./part" } }',
      'pages/a/part/index.js': 'Component({});',
      'pages/a/part/index.wxml': 'part',
      'pages/a/part/index.json': '{ "component": true }',
      'miniprogram_npm/ui/index.js': 'Component({});',
      'miniprogram_npm/ui/index.wxml': 'whole',
      'miniprogram_npm/ui/index.json': '{ "component": true }',
      'miniprogram_npm/ui/button/button.js': 'Component({});',
      'miniprogram_npm/ui/button/button.wxml': 'button <icon-of-ui/>',
      'miniprogram_npm/ui/button/button.json':
        '{ "component": true, "usingComponents": { "icon-of-ui": "../icon/icon" } }',
      'miniprogram_npm/ui/icon/icon.js': 'Component({});',
      'miniprogram_npm/ui/icon/icon.wxml': 'icon',
      'miniprogram_npm/ui/icon/icon.json': '{ "component": true }',
    }),
  });
  t.after(() => phone.close());
  await phone.open('/pages/a/a');
  assert.deepEqual([...phone.app.values], ['pkg inner', 'deep', 1]);
  assert.equal(phone.page.text(), 'button icon whole part pkg inner');
  assert.deepEqual(phone.faults, []);
});

test('generics: the component that the user gives, and the default', async (t) => {
  const part = (name) => ({
    [`${name}.js`]: 'Component({});',
    [`${name}.wxml`]: name,
    [`${name}.json`]: '{ "component": true }',
  });
  const phone = await Phone.boot({
    name: 'test',
    root: packageOf(t, {
      'app.json': '{ "pages": ["a"] }',
      'a.js': 'Page({});',
      'a.wxml': '<list generic:item="given"/><list/>',
      'a.json': '{ "usingComponents": { "list": "list", "given": "given" } }',
      'list.js': 'Component({});',
      'list.wxml': '<item/>',
      'list.json': '{ "component": true, "componentGenerics": { "item": { "default": "./standard" } } }',
      ...part('given'),
      ...part('standard'),
    }),
  });
  t.after(() => phone.close());
  await phone.open('/a');
  assert.equal(phone.page.text(), 'given standard');
  assert.deepEqual(phone.faults, []);
});

test('what cannot be found or compiled is told with file and line, and what to do', async (t) => {
  const phone = await Phone.boot({
    name: 'test',
    root: packageOf(t, {
      'app.json': '{ "pages": ["a", "b", "c"] }',
      'app.js': "App({}); require('absent');",
      'a.js': 'Page({\n  data: { x: },\n});',
      'a.wxml': '<view/>',
      'b.js': "import x from './y'\nPage({ data: { x: } });",
      'b.wxml': '<view/>',
      'c.js': 'Page({});',
      'c.wxml': '<t-button/>',
      'c.json': '{ "usingComponents": { "t-button": "tdesign-miniprogram/button/button" } }',
    }),
  });
  t.after(() => phone.close());
  for (const page of ['/a', '/b', '/c']) await phone.open(page);
  const text = messages(phone).join('\n');
  assert.match(
    text,
    /exception: module 'absent' is not defined \(in 'app.js'\).*miniprogram_npm \(DevTools: "build npm"\)/,
  );
  assert.match(text, /module: a.js:2: Unexpected token/);
  assert.match(text, /module: b.js:2:19: Unexpected "}"/);
  assert.match(
    text,
    /'tdesign-miniprogram\/button\/button' is neither a path nor a package in miniprogram_npm \(npm install/,
  );
  const bad = packageOf(t, { 'app.json': '{ "pages": [ }' });
  await assert.rejects(Phone.boot({ root: bad, name: 'x' }), /app.json: .*JSON/);
  await assert.rejects(
    Phone.boot({ root: join(bad, 'nowhere'), name: 'x' }),
    /nowhere does not exist. Give the folder that holds app.json/,
  );
  const unbuilt = temporaryFolder(t, 'unbuilt');
  writeFileSync(join(unbuilt, 'project.config.json'), '{ "miniprogramRoot": "dist/" }');
  await assert.rejects(Phone.boot({ root: unbuilt, name: 'x' }), /dist\/? has no app.json.*build the project first/);
});
