/** The npm package for browsers, as applications install it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES, EVENTS } from '../../js-glue/src/names.js';
import { SDK } from './phone.mjs';

const PACKAGE = fileURLToPath(new URL('../../target/sdk-web', import.meta.url));
const manifest = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));

test('the package holds what runs, its typings, its words and both licences, and nothing else', () => {
  const files = readdirSync(PACKAGE).sort();
  assert.deepEqual(files, [
    'LICENSE-APACHE',
    'LICENSE-MIT',
    'README.md',
    'README.zh-CN.md',
    'index.d.ts',
    'index.js',
    'miniapp-rtc.wasm',
    'package.json',
    'room.d.ts',
  ]);
  const packed = [...manifest.files, 'README.md', 'package.json'].sort();
  assert.deepEqual(packed, files);
  for (const file of ['README.md', 'README.zh-CN.md', 'index.d.ts'])
    assert.ok(readFileSync(join(PACKAGE, file), 'utf8').length > 500, `${file} is empty`);
});

test('its module is the one of the mini-program package', () => {
  const [web, phone] = [PACKAGE, SDK].map((folder) => readFileSync(join(folder, 'miniapp-rtc.wasm')));
  assert.ok(web.equals(phone));
});

test('its script imports nothing, puts nothing on the global object, and has the names of the mini-program package', async () => {
  const before = Object.getOwnPropertyNames(globalThis).sort();
  const sdk = await import(join(PACKAGE, 'index.js'));
  assert.deepEqual(Object.getOwnPropertyNames(globalThis).sort(), before);
  assert.deepEqual(Object.keys(sdk).sort(), ['Client', 'ERROR_CODES', 'EVENTS', 'default', 'version']);
  assert.deepEqual([{ ...sdk.EVENTS }, { ...sdk.ERROR_CODES }], [{ ...EVENTS }, { ...ERROR_CODES }]);
  assert.equal(sdk.version, manifest.version);
  assert.equal(new sdk.Client().state, 'idle');
});

test('a call before init is refused, and so is an option of mini-programs or a misspelt one', async () => {
  const { Client } = await import(join(PACKAGE, 'index.js'));
  const refused = (call) => call.then(assert.fail, ({ code, reason }) => ({ code, reason }));
  assert.equal((await refused(new Client().join('token', 'room', 'user'))).code, ERROR_CODES.NOT_INITED);
  for (const [call, words] of [
    [
      (client) => client.init('0123456789abcdef01234567', { background: 'mute' }),
      /background is for mini-programs only/,
    ],
    [(client) => client.init('0123456789abcdef01234567', { gatway: 'wss://host' }), /no option is called gatway/],
    [(client) => client.publish({ sceen: true }), /no option is called sceen; there are stream, screen/],
    [(client) => client.publish({ screen: 1 }), /screen must be true or false/],
    [(client) => client.publish({ stream: 'camera' }), /stream must be a MediaStream, or constraints/],
    [(client) => client.subscribe('bob', { vidio: true }), /no option is called vidio/],
  ]) {
    const { code, reason } = await refused(call(new Client()));
    assert.equal(code, ERROR_CODES.INVALID_PARAMS, reason);
    assert.match(reason, words);
  }
});
