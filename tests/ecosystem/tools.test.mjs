/**
 * What authors of pages and components do with the packed npm package beside DevTools: jest, TSX of Taro, templates of
 * Vue.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../folder.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const SDK = fileURLToPath(new URL('../../target/sdk/npm/miniapp-rtc', import.meta.url));
const PATIENCE_MS = 100_000;

/** The package as npm packs it, unpacked where these tools look for it. */
before((t) => {
  assert.ok(existsSync(SDK), 'the SDK is not built; run: cargo xtask build');
  const folder = temporaryFolder(t, 'packed');
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', SDK, '--json', '--pack-destination', folder], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  const installed = join(HERE, 'node_modules/miniapp-rtc');
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(installed);
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1']);
});

test('jest with miniprogram-simulate mounts both components', () => {
  const { stdout, stderr } = run('jest/bin/jest.js', '--config', 'jest/jest.config.cjs', '--json');
  const { numPassedTests, numTotalTests } = JSON.parse(stdout || '{}');
  assert.deepEqual([numPassedTests, numTotalTests], [2, 2], stderr);
});

test('the components are tags in the TSX of Taro with React', () => {
  const { status, stdout } = run('typescript/bin/tsc', '-p', 'taro');
  assert.equal(status, 0, stdout);
});

test('the components are tags in the templates of Vue', () => {
  const { status, stdout } = run('vue-tsc/bin/vue-tsc.js', '-p', 'vue');
  assert.equal(status, 0, stdout);
});

function run(tool, ...given) {
  return spawnSync(process.execPath, [join(HERE, 'node_modules', tool), ...given], {
    cwd: HERE,
    encoding: 'utf8',
    timeout: PATIENCE_MS,
  });
}
