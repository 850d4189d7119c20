/** The npm packages as applications install them: WeChat's "build npm" puts their files under `miniprogram_npm`. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { failure, NOWHERE, SDK, start } from './phone.mjs';

const APP = '0123456789abcdef01234567';
const NPM = {
  'npm/miniapp-rtc/index.js': 'miniprogram_npm/miniapp-rtc/index.js',
  'npm/miniapp-rtc/miniapp-rtc.wasm': 'miniprogram_npm/miniapp-rtc/miniapp-rtc.wasm',
};
const LIBRARY = { 'miniapp-rtc.min.js': 'lib/miniapp-rtc.min.js', 'miniapp-rtc.wasm': 'lib/miniapp-rtc.wasm' };

test('the package holds what runs, its typings, its words and both licences, and nothing else', () => {
  const folder = join(SDK, 'npm/miniapp-rtc');
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  assert.deepEqual([manifest.main, manifest.miniprogram, manifest.repository.directory], ['index.js', '.', 'js-glue']);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, path, name }) => join(parentPath ?? path, name).slice(folder.length + 1))
    .sort();
  const component = (name) => ['js', 'json', 'wxml', 'wxss'].map((kind) => `components/${name}/${name}.${kind}`);
  assert.deepEqual(
    files,
    [
      'LICENSE-APACHE',
      'LICENSE-MIT',
      'README.md',
      ...component('v-player'),
      ...component('v-pusher'),
      'components.d.ts',
      'index.d.ts',
      'index.js',
      'miniapp-rtc.wasm',
      'package.json',
      'react.d.ts',
      'vue.d.ts',
    ].sort(),
  );
  for (const file of files) {
    assert.ok(
      ['README.md', 'package.json'].includes(file) ||
        manifest.files.some((given) => file === given || file.startsWith(`${given}/`)),
      `npm packs no ${file}`,
    );
  }
});

test('every package names the repository that js-glue names, and a placeholder is told to who publishes', () => {
  const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
  const { repository } = json(new URL('../../js-glue/package.json', import.meta.url));
  const host = /^git\+https:\/\/([a-z0-9.-]+)\/[\w./-]+\.git$/.exec(repository.url)?.[1];
  assert.ok(host, `${repository.url} is what npm takes`);
  for (const folder of ['npm/miniapp-rtc', 'npm/miniapp-rtc-fallback', '../sdk-web']) {
    assert.deepEqual(json(join(SDK, folder, 'package.json')).repository, repository, folder);
  }
  const release = readFileSync(new URL('../../CONTRIBUTING.md', import.meta.url), 'utf8').split('\n## Release\n')[1];
  // RFC 2606 keeps these names free: no repository is ever there.
  assert.equal(release.includes(host), host.endsWith('.example'), 'CONTRIBUTING.md, Release');
});

for (const [how, script, files] of [
  ['npm', 'miniapp-rtc', NPM],
  ['lib/', '../lib/miniapp-rtc.min.js', LIBRARY],
]) {
  test(`init finds the module by itself: ${how}`, async (t) => {
    const { phone, sdk } = await start(t, {}, files, script);
    await new sdk.Client().init(APP, { gateway: NOWHERE });
    assert.deepEqual(phone.faults, []);
  });
}

test('the script of one way finds the module of the other, and names both places and causes where it is in neither', async (t) => {
  const script = 'npm/miniapp-rtc/index.js';
  const { sdk } = await start(
    t,
    {},
    { [script]: NPM[script], 'miniapp-rtc.wasm': LIBRARY['miniapp-rtc.wasm'] },
    'miniapp-rtc',
  );
  await new sdk.Client().init(APP, { gateway: NOWHERE });
  const bare = await start(t, {}, { [script]: NPM[script] }, 'miniapp-rtc');
  const { code, reason } = await failure(new bare.sdk.Client().init(APP, { gateway: NOWHERE }));
  assert.equal(code, 200005);
  assert.match(
    reason,
    /cannot load miniprogram_npm\/miniapp-rtc\/miniapp-rtc\.wasm or lib\/miniapp-rtc\.wasm: .+; .+\. Put the module/,
  );
});

test('the fallback is a package of its own', async (t) => {
  const fallback = { 'npm/miniapp-rtc-fallback/index.js': 'miniprogram_npm/miniapp-rtc-fallback/index.js' };
  const {
    phone,
    sdk,
    fallback: load,
  } = await start(t, { wxWebAssembly: false }, { ...NPM, ...fallback }, 'miniapp-rtc', 'miniapp-rtc-fallback');
  assert.equal(phone.service.realm.global.WXWebAssembly, undefined);
  await new sdk.Client().init(APP, { gateway: NOWHERE, fallback: load });
});

test('the default of an import is what require gives', async (t) => {
  for (const [script, files] of [
    ['miniapp-rtc', NPM],
    ['../lib/miniapp-rtc.min.js', LIBRARY],
  ]) {
    // A page's own properties are copied, without what is not enumerable.
    const sdk = (await start(t, {}, files, script)).load();
    assert.equal(sdk.__esModule, true);
    assert.equal(sdk.default, sdk);
    assert.deepEqual(Object.keys(sdk).sort(), ['Client', 'ERROR_CODES', 'EVENTS', 'version']);
  }
});
