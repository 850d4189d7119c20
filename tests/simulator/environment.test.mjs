/** The app-service offers what WeChat's offers, and nothing else. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { out, runInApp } from './support.mjs';

const ABSENT = [
  'window',
  'document',
  'self',
  'process',
  'Buffer',
  'location',
  'navigator',
  'XMLHttpRequest',
  'fetch',
  'WebSocket',
  'URL',
  'URLSearchParams',
  'TextEncoder',
  'TextDecoder',
  'WebAssembly',
  'crypto',
  'performance',
  'queueMicrotask',
  'structuredClone',
  'setImmediate',
  'SharedArrayBuffer',
  'Atomics',
  'FinalizationRegistry',
  'WeakRef',
  'atob',
  'btoa',
  'Blob',
  'AbortController',
  'MessageChannel',
  'EventTarget',
  'Event',
  'localStorage',
];
const PRESENT = [
  'console',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'Promise',
  'Proxy',
  'Map',
  'WeakMap',
  'Symbol',
  'ArrayBuffer',
  'Uint8Array',
  'DataView',
  'JSON',
  'wx',
  'WXWebAssembly',
  'App',
  'Page',
  'Component',
  'Behavior',
  'getApp',
  'getCurrentPages',
  'globalThis',
  'global',
  'BigInt',
];

const typesOf = (names) => names.map((name) => `out[${JSON.stringify(name)}] = typeof ${name};`).join('\n');

test('host globals are absent, the app-service globals are there', async (t) => {
  const phone = await runInApp(t, typesOf([...ABSENT, ...PRESENT, 'require', 'module', 'exports']));
  const types = out(phone);
  for (const name of ABSENT) assert.equal(types[name], 'undefined', name);
  for (const name of PRESENT) assert.notEqual(types[name], 'undefined', name);
  assert.deepEqual([types.require, types.module, types.exports], ['function', 'object', 'object']);
  assert.deepEqual(phone.faults, []);
});

test('switches add and take away language features', async (t) => {
  const names = ['globalThis', 'FinalizationRegistry', 'WeakRef', 'queueMicrotask', 'WXWebAssembly', 'BigInt'];
  const bare = await runInApp(t, typesOf(names), { globalThis: false, wxWebAssembly: false, platform: 'ios' });
  assert.deepEqual(Object.values(out(bare)), Array(6).fill('undefined'));
  const rich = await runInApp(t, typesOf(names), { finalizationRegistry: true, queueMicrotask: true });
  assert.deepEqual(Object.values(out(rich)), ['object', 'function', 'function', 'function', 'object', 'function']);
  await assert.rejects(runInApp(t, '', { platfrom: 'ios' }), /unknown option 'platfrom'/);
  await assert.rejects(runInApp(t, '', { platform: 'windows' }), /not one of/);
});

test('code from strings is refused, except for the text that gives the global object', async (t) => {
  const phone = await runInApp(
    t,
    `
    const attempt = (work) => { try { return typeof work(); } catch (error) { return error instanceof Error ? error.name : 'foreign'; } };
    out.eval = attempt(() => (0, eval)('1'));
    out.newFunction = attempt(() => new Function('return 1')());
    out.constructor = attempt(() => (function () {}).constructor('return 1')());
    out.throughApi = attempt(() => wx.connectSocket.constructor('return process')());
    out.throughTimer = attempt(() => setTimeout.constructor('return process')());
    out.returnThis = attempt(() => new Function('return this')());
    out.isFunction = (() => {}) instanceof Function;
    out.implicitGlobal = attempt(() => { leaked = 1; });
  `,
  );
  assert.deepEqual(out(phone), {
    eval: 'EvalError',
    newFunction: 'EvalError',
    constructor: 'EvalError',
    throughApi: 'EvalError',
    throughTimer: 'EvalError',
    returnThis: 'object',
    isFunction: true,
    implicitGlobal: 'ReferenceError',
  });
  const strict = await runInApp(t, "try { new Function('return this')(); } catch (error) { out.name = error.name; }", {
    functionReturnThis: false,
  });
  assert.equal(out(strict).name, 'EvalError');
});

test('what the app puts on the global object is seen', async (t) => {
  const phone = await runInApp(t, 'globalThis.leak = 1;');
  assert.deepEqual(phone.addedGlobals(), ['leak']);
});

test('modules: relative paths, json, cache, cycles; nothing outside, no bare names but miniprogram_npm', async (t) => {
  const phone = await runInApp(
    t,
    `
    const name = (work) => { try { work(); return 'ok'; } catch (error) { return error instanceof Error ? error.message : 'foreign'; } };
    out.same = require('./a') === require('./a.js');
    out.json = require('./data.json').list;
    out.folder = require('./folder').here;
    out.npm = require('left-pad').pad;
    out.outside = name(() => require('../../secret.js'));
    out.bare = name(() => require('fs'));
    out.missing = name(() => require('./missing'));
    out.cycle = require('./cycle-a').done;
  `,
    {
      files: {
        'a.js': 'module.exports = {};',
        'data.json': '{"list":[1,2]}',
        'folder/index.js': 'exports.here = true;',
        'miniprogram_npm/left-pad/index.js': 'exports.pad = 1;',
        'cycle-a.js': "exports.early = 1; exports.done = require('./cycle-b').saw;",
        'cycle-b.js': "exports.saw = require('./cycle-a').early;",
      },
    },
  );
  const result = out(phone);
  assert.deepEqual([result.same, result.json, result.folder, result.npm, result.cycle], [true, [1, 2], true, 1, 1]);
  assert.match(result.outside, /outside the package/);
  assert.match(result.bare, /not defined/);
  assert.match(result.missing, /not defined/);
});

test('values handed over belong to the realm of the app', async (t) => {
  const phone = await runInApp(
    t,
    `
    wx.getRandomValues({ length: 4, success(result) {
      out.buffer = result.randomValues instanceof ArrayBuffer;
      out.length = result.randomValues.byteLength;
      out.object = result instanceof Object;
    } });
    out.pages = getCurrentPages() instanceof Array;
    try { wx.connectSocket(); } catch (error) { out.error = error instanceof TypeError; }
  `,
  );
  await phone.waitFor(() => phone.app.out.length, 1000, 'random values');
  assert.deepEqual(out(phone), { pages: true, error: true, buffer: true, length: 4, object: true });
});

test('an API that is not offered is undefined', async (t) => {
  const phone = await runInApp(
    t,
    "out.types = [typeof wx.getLocation, typeof wx.onSocketClose, typeof wx.createCameraContext, wx.canIUse('getLocation'), wx.canIUse('getRandomValues'), wx.canIUse('live-pusher.enable-mic')];",
  );
  assert.deepEqual(out(phone).types, ['undefined', 'undefined', 'undefined', false, true, true]);
});

test('promise reactions are macrotasks when asked for', async (t) => {
  const code = `
    const order = out.order = [];
    setTimeout(() => order.push('timer'), 0);
    Promise.resolve().then(() => order.push('reaction'));
    new Promise((resolve, reject) => reject(new Error('a'))).catch(() => 'b').then((value) => order.push(value));
    Promise.all([1, Promise.resolve(2)]).then((values) => order.push(values));
    Promise.allSettled([Promise.reject(3)]).then((values) => order.push(values[0].reason));
    Promise.any([Promise.reject(3), Promise.resolve(4)]).then((value) => order.push(value));
    Promise.resolve(1).finally(() => order.push('finally')).then((value) => order.push(['after', value]));
  `;
  const micro = await runInApp(t, code);
  await micro.waitFor(() => micro.app.out.order.length === 8, 1000, 'all');
  assert.equal(out(micro).order[0], 'reaction');
  assert.equal(out(micro).order[7], 'timer');
  const macro = await runInApp(t, code, { macrotaskPromise: true });
  await macro.waitFor(() => macro.app.out.order.length === 8, 1000, 'all');
  const { order } = out(macro);
  assert.equal(order[0], 'timer');
  assert.equal(order[1], 'reaction');
  assert.deepEqual(new Set(order.slice(2).map(String)), new Set(['b', '1,2', '3', '4', 'finally', 'after,1']));
  assert.deepEqual([...micro.faults, ...macro.faults], []);
});

test('a rejection that nobody handles and a throw in a timer are faults of that phone only', async (t) => {
  const other = await runInApp(t, '');
  for (const macrotaskPromise of [false, true]) {
    const phone = await runInApp(
      t,
      `
      wx.onUnhandledRejection((event) => { out.reason = event.reason; });
      wx.onError((error) => { out.error = error.message; });
      Promise.reject(new Error('nobody'));
      setTimeout(() => { throw new Error('thrown'); }, 1);
      Promise.reject(new Error('handled')).catch(() => {});
    `,
      { macrotaskPromise },
    );
    await phone.waitFor(() => phone.app.out.reason && phone.app.out.error, 1000, 'both');
    assert.deepEqual(phone.faults.map(({ kind, message }) => [kind, message]).sort(), [
      ['exception', 'thrown'],
      ['unhandled-rejection', 'nobody'],
    ]);
  }
  assert.deepEqual(other.faults, []);
});

test('what is printed hides the query of URLs', async (t) => {
  const phone = await runInApp(
    t,
    "console.info('go to rtmp://host/live/x?token=secret&a=1 now', { url: 'https://u:pw@h/p?q=secret' });",
  );
  const [{ level, message }] = phone.consoleLog;
  assert.equal(level, 'info');
  assert.doesNotMatch(message, /secret|pw/);
  assert.match(message, /rtmp:\/\/host\/live\/x\?\*\*\*/);
});
