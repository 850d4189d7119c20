/**
 * The simulator as a project has it: packed, installed by npm into a folder where nothing else is, and used from there.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { temporaryFolder } from '../folder.mjs';
import { packageOf, simulatorRequire } from './support.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TSC = join(ROOT, 'js-glue/node_modules/typescript/bin/tsc');
const PATIENCE_MS = 120_000;

const APP = {
  'app.json': '{ "pages": ["a"] }',
  'a.js': 'Page({ onLoad({ x }) { this.setData({ x }); } });',
  'a.wxml': '<text>x is {{x}}</text><live-player src="rtmp://127.0.0.1:1/x" />',
};

const TYPED = `
import { Phone, type Stats } from 'miniapp-rtc-simulator';
import { Stage, type Run } from 'miniapp-rtc-simulator/stage';
export async function use(phone: Phone, stage: Stage): Promise<[Stats, string, Run['state']]> {
  await phone.open('/a');
  return [phone.stats(), stage.address, 'recovered'];
}
// @ts-expect-error a phone has no such member
export const wrong = (phone: Phone) => phone.nothing;
`;

const USED = `
import { Phone } from 'miniapp-rtc-simulator';
import { Stage } from 'miniapp-rtc-simulator/stage';
const root = process.argv[2];
const phone = await Phone.boot({ root });
await phone.open('/a?x=3');
console.log(phone.page.text(), phone.faults.length);
await phone.close();
const stage = await Stage.start({ root, phones: 1 });
console.log((await fetch(stage.address)).status, (await fetch(new URL('/lib/uplot.js', stage.address))).status);
await stage.close();
`;

/** @returns {string} what the program said, when it has ended well */
function run(program, parameters, cwd) {
  const { status, stdout, stderr } = spawnSync(program, parameters, { cwd, encoding: 'utf8', timeout: PATIENCE_MS });
  assert.equal(status, 0, `${program} ${parameters.join(' ')}: ${stdout}${stderr}`);
  return stdout.trim();
}

let project;
let app;
before((t) => {
  project = temporaryFolder(t, 'project');
  app = packageOf(t, APP);
  const packed = run('npm', ['pack', join(ROOT, 'simulator'), '--silent', '--pack-destination', project], project);
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  run('npm', ['install', '--save-dev', '--prefer-offline', '--no-audit', '--no-fund', `./${packed}`], project);
});

test('it is installed with what it needs, and with licences and both READMEs', () => {
  const folder = join(project, 'node_modules/miniapp-rtc-simulator');
  assert.equal(realpathSync(folder), join(realpathSync(project), 'node_modules/miniapp-rtc-simulator'), 'no link');
  for (const file of [
    'README.md',
    'README.zh-CN.md',
    'LICENSE-MIT',
    'LICENSE-APACHE',
    'index.d.ts',
    'stage/index.d.ts',
  ])
    assert.ok(existsSync(join(folder, file)), file);
  assert.ok(!readdirSync(folder).includes('prepack.mjs'), 'what packs it stays at home');
  for (const name of Object.keys(simulatorRequire('./package.json').dependencies))
    assert.ok(existsSync(join(project, 'node_modules', name)), name);
});

test('its command runs an app, as text and on a page', () => {
  const command = join(project, 'node_modules/.bin/miniapp-rtc-simulator');
  assert.match(run(command, [app, '--seconds', '1', '--page', '/a?x=2'], project), /x is 2[\s\S]*ended well$/);
  const staged = run(command, [app, '--stage', '--seconds', '1', '--page', '/a?x=2'], project);
  assert.match(staged, /The stage is open: http:\/\/127\.0\.0\.1:\d+\//);
});

test("a project's own program imports phone and stage", () => {
  writeFileSync(join(project, 'used.mjs'), USED);
  assert.equal(run(process.execPath, ['used.mjs', app], project), 'x is 3 0\n200 200');
});

test('its typings are found', () => {
  writeFileSync(join(project, 'typed.mts'), TYPED);
  const how = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', ''];
  run(process.execPath, [TSC, ...how, 'typed.mts'], project);
});
