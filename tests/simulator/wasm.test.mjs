/** WXWebAssembly: package paths only, WeChat's result shapes, strict MVP and no Globals on iOS. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { out, runInApp, simulatorRequire } from './support.mjs';

const wabt = await simulatorRequire('wabt')();
const FEATURES = { mutable_globals: true, sign_extension: true, bulk_memory: true };

function assemble(text) {
  const module = wabt.parseWat('test.wat', text, FEATURES);
  try {
    return Buffer.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

const ADD = assemble(
  '(module (import "env" "log" (func $log (param i32))) (memory (export "memory") 1) (global (export "g") i32 (i32.const 7)) (func (export "add") (param i32 i32) (result i32) local.get 0 call $log local.get 0 local.get 1 i32.add))',
);
const PLAIN = assemble('(module (func (export "one") (result i32) i32.const 1))');
const SIGN = assemble('(module (func (export "f") (param i32) (result i32) local.get 0 i32.extend8_s))');
const BULK = assemble('(module (memory 1) (func (export "f") i32.const 0 i32.const 0 i32.const 4 memory.copy))');
const GROW = assemble(`(module (import "env" "seen" (func $seen)) (memory (export "memory") 1)
  (func (export "grow") (result i32) i32.const 1 memory.grow)
  (func (export "poke") (param i32 i32) local.get 0 local.get 1 i32.store8 call $seen)
  (func (export "peek") (param i32) (result i32) local.get 0 i32.load8_u))`);

const FILES = {
  'lib/add.wasm': ADD,
  'lib/add.wasm.br': brotliCompressSync(ADD),
  'lib/plain.wasm': PLAIN,
  'lib/sign.wasm': SIGN,
  'lib/bulk.wasm': BULK,
  'lib/grow.wasm': GROW,
  'lib/note.txt': 'no',
  'lib/bad.wasm': 'not wasm',
};
const TRY = `
  const attempt = (name, ...parameters) => WXWebAssembly.instantiate(...parameters).then(
    (result) => { out[name] = (result.instance || result).exports.add ? (result.instance || result).exports.add(2, 3) : 'loaded'; out[name + 'Wrapped'] = Boolean(result.instance); },
    (error) => { out[name] = error instanceof Error ? error.message : 'foreign'; });
  const env = { env: { log: (value) => { out.logged = value; } } };
`;

test('a package path loads, with or without a slash, plain or brotli; nothing else does', async (t) => {
  const phone = await runInApp(
    t,
    `${TRY}
    attempt('plain', 'lib/add.wasm', env);
    attempt('slash', '/lib/add.wasm', env);
    attempt('brotli', '/lib/add.wasm.br', env);
    attempt('noImports', 'lib/add.wasm');
    attempt('needsNone', 'lib/plain.wasm');
    attempt('bytes', new Uint8Array([0, 97, 115, 109]).buffer, env);
    attempt('url', 'https://example.com/a.wasm', env);
    attempt('extension', 'lib/note.txt', env);
    attempt('missing', 'lib/none.wasm', env);
    attempt('outside', '../../add.wasm', env);
    attempt('bad', 'lib/bad.wasm', env);
    out.names = Object.keys(WXWebAssembly);
  `,
    { files: FILES },
  );
  await phone.waitFor(
    () =>
      [
        'plain',
        'slash',
        'brotli',
        'noImports',
        'needsNone',
        'bytes',
        'url',
        'extension',
        'missing',
        'outside',
        'bad',
      ].every((name) => name in phone.app.out),
    2000,
    'all',
  );
  const seen = out(phone);
  assert.deepEqual(
    [seen.plain, seen.slash, seen.brotli, seen.needsNone, seen.logged, seen.plainWrapped],
    [5, 5, 5, 'loaded', 2, true],
  );
  assert.match(seen.noImports, /imports object is mandatory/);
  assert.match(seen.bytes, /must be a path/);
  assert.match(seen.url, /not a package path/);
  assert.match(seen.extension, /must end in .wasm/);
  assert.match(seen.missing, /not in the code package/);
  assert.match(seen.outside, /not in the code package/);
  assert.match(seen.bad, /CompileError/);
  assert.deepEqual(seen.names, ['instantiate']);
  assert.deepEqual(phone.faults, []);
});

test('the result can be a bare instance', async (t) => {
  const phone = await runInApp(t, `${TRY} attempt('bare', 'lib/add.wasm', env);`, {
    files: FILES,
    instanceShape: 'bare',
  });
  await phone.waitFor(() => 'bare' in phone.app.out, 2000, 'bare');
  assert.deepEqual([out(phone).bare, out(phone).bareWrapped], [5, false]);
});

test('iOS: post-MVP modules are refused, reading an exported Global throws', async (t) => {
  const code = `${TRY}
    attempt('sign', 'lib/sign.wasm');
    attempt('bulk', 'lib/bulk.wasm');
    attempt('add', 'lib/add.wasm', env);
    WXWebAssembly.instantiate('lib/add.wasm', env).then(({ instance }) => {
      try { out.global = instance.exports.g.value; } catch (error) { out.global = error.message; }
      out.memory = instance.exports.memory.buffer instanceof ArrayBuffer;
    });
  `;
  const names = ['sign', 'bulk', 'add', 'global', 'memory'];
  const iOS = await runInApp(t, code, { files: FILES, platform: 'ios' });
  await iOS.waitFor(() => names.every((name) => name in iOS.app.out), 3000, 'ios');
  assert.match(out(iOS).sign, /CompileError: invalid wasm file/);
  assert.match(out(iOS).bulk, /CompileError: invalid wasm file/);
  assert.deepEqual([out(iOS).add, out(iOS).memory], [5, true]);
  assert.match(out(iOS).global, /not supported on iOS/);
  const android = await runInApp(t, code, { files: FILES });
  await android.waitFor(() => names.every((name) => name in android.app.out), 3000, 'android');
  assert.deepEqual([out(android).sign, out(android).bulk, out(android).global], ['loaded', 'loaded', 7]);
});

test('memory growth detaches the old buffer, or leaves it stale', async (t) => {
  const code = `
    WXWebAssembly.instantiate('lib/grow.wasm', { env: { seen: () => { out.inside = new Uint8Array(App.memory.buffer)[5]; } } }).then(({ instance: { exports } }) => {
      App.memory = exports.memory;
      const before = new Uint8Array(exports.memory.buffer);
      before[3] = 33;
      out.peek = exports.peek(3);
      exports.poke(5, 55);
      out.read = new Uint8Array(exports.memory.buffer)[5];
      exports.grow();
      out.oldLength = before.length;
      before[3] = 99;
      out.after = exports.peek(3);
      out.newLength = exports.memory.buffer.byteLength;
      out.sameBuffer = exports.memory.buffer === exports.memory.buffer;
    });
  `;
  const run = async (memoryGrowDetaches) => {
    const phone = await runInApp(t, code, { files: FILES, memoryGrowDetaches });
    await phone.waitFor(() => 'sameBuffer' in phone.app.out, 2000, 'growth');
    return out(phone);
  };
  const common = { peek: 33, inside: 55, read: 55, after: 33, newLength: 131072, sameBuffer: true };
  assert.deepEqual(await run(true), { ...common, oldLength: 0 });
  assert.deepEqual(await run(false), { ...common, oldLength: 65536 });
});

test('a module in a sub-package loads only after a page of it was opened', async (t) => {
  const page = { js: 'Page({ data: {} });', wxml: '<view>x</view>' };
  const phone = await runInApp(
    t,
    `${TRY} App.load = (name) => attempt(name, 'sub/lib/add.wasm', env); App.load('early');`,
    {
      files: {
        'app.json': '{ "pages": ["main"], "subPackages": [{ "root": "sub", "pages": ["inside"] }] }',
        'main.js': page.js,
        'main.wxml': page.wxml,
        'sub/inside.js': page.js,
        'sub/inside.wxml': page.wxml,
        'sub/lib/add.wasm': ADD,
      },
    },
  );
  await phone.open('/main');
  await phone.waitFor(() => 'early' in phone.app.out, 1000, 'early');
  assert.match(out(phone).early, /sub-package 'sub', which is not loaded/);
  await phone.open('/sub/inside');
  phone.service.realm.global.App.load('late');
  await phone.waitFor(() => 'late' in phone.app.out, 1000, 'late');
  assert.equal(out(phone).late, 5);
});
