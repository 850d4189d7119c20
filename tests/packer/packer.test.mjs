/**
 * WeChat's own packer, as DevTools and `miniprogram-ci` have it: it builds our package of npm, finds every file and
 * none too many, and what it compiled runs a call.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { writeReadmeApp } from '../e2e/readme-app.mjs';
import { assertNoFaults, copyExample, startGateway, startMeeting } from '../e2e/support.mjs';
import { flowing } from '../e2e/witness.mjs';
import { temporaryFolder } from '../folder.mjs';
import { Packed } from './packer.mjs';

const PACKAGES = fileURLToPath(new URL('../../target/sdk/npm', import.meta.url));
const MODES = ['es6', 'enhance'];

/** The READMEs' page in an app that has installed both packages, as they are packed for a registry. */
function installedApp(t) {
  const root = temporaryFolder(t, 'npm-app');
  const replaced = (content, was, is) => {
    assert.ok(content.includes(was), `the README's page holds ${was}`);
    return content.replaceAll(was, is);
  };
  writeReadmeApp(root, 'README.md', (content, path) => {
    switch (path) {
      case 'pages/meeting/meeting.json':
        return replaced(content, '"/components/', '"miniapp-rtc/components/');
      case 'pages/meeting/meeting.js':
        return replaced(
          replaced(content, '../../lib/miniapp-rtc.min.js', 'miniapp-rtc'),
          '{ gateway }',
          "{ gateway, fallback: () => require('miniapp-rtc-fallback') }",
        );
      default:
        return content;
    }
  });
  writeFileSync(
    join(root, 'project.config.json'),
    JSON.stringify({ appid: 'touristappid', compileType: 'miniprogram' }),
  );
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0', private: true }));
  const npm = (...words) => execFileSync('npm', [...words, '--silent'], { cwd: root, encoding: 'utf8' });
  const tarballs = npm('pack', join(PACKAGES, 'miniapp-rtc'), join(PACKAGES, 'miniapp-rtc-fallback'))
    .trim()
    .split('\n');
  npm('install', '--offline', ...tarballs.map((name) => `./${name}`));
  return root;
}

/** Two users in what was compiled; the second one's base library is too old for WebAssembly. */
async function runsACall(t, gateway, root, room) {
  const meeting = await startMeeting(t, { gateway, example: root, room });
  const [alice, bob] = await Promise.all([
    meeting.enter('alice'),
    meeting.enter('bob', { phone: { wxWebAssembly: false } }),
  ]);
  await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);
  assertNoFaults(alice, bob);
  await meeting.end();
}

/** What holds of every project. */
async function takesIt(t, packed) {
  await t.test('all that is asked for is there, and nothing lies there in vain', () => {
    assert.deepEqual(packed.unresolved, []);
    assert.deepEqual(packed.unused, []);
  });
  const gateway = await startGateway(t);
  for (const mode of MODES) {
    await t.test(`what it compiled runs a call: ${mode}`, (inner) =>
      runsACall(inner, gateway, packed.compiled(mode), mode),
    );
  }
}

describe("WeChat's packer", { concurrency: 2 }, () => {
  test('the example', async (t) => {
    const packed = await Packed.of(t, copyExample(t));
    await takesIt(t, packed);
    await t.test('of the module it uploads one form', () => {
      const modules = readdirSync(join(packed.compiled('enhance'), 'lib')).filter((name) => name.includes('.wasm'));
      assert.deepEqual(modules, ['miniapp-rtc.wasm']);
    });
  });

  test('an app that has installed the package', async (t) => {
    const packed = await Packed.of(t, installedApp(t));
    await t.test('"build npm" takes both packages as made for mini-programs, without a warning', () => {
      const { warnings, packages } = packed.report;
      assert.deepEqual(warnings, []);
      assert.deepEqual([packages.miniprogram_pack_num, packages.other_pack_num], [2, 0]);
    });
    await t.test("the page's require and its components lead into the package", () => {
      for (const file of ['index.js', 'components/v-pusher/v-pusher.wxml', 'components/v-player/v-player.wxml']) {
        assert.ok(packed.uses(`miniprogram_npm/miniapp-rtc/${file}`), file);
      }
    });
    await takesIt(t, packed);
    await t.test('the two modes compile differently', () => {
      const [plain, enhanced] = MODES.map((mode) =>
        readFileSync(join(packed.compiled(mode), 'pages/meeting/meeting.js'), 'utf8'),
      );
      assert.ok(enhanced.length < 0.6 * plain.length, 'only one is minified');
    });
  });
});
