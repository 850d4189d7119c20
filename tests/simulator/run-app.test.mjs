/**
 * The command that runs somebody's own app: what it tells, what it can be ordered, and what it says of input that it
 * cannot run.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../folder.mjs';
import { packageOf, simulatorRequire } from './support.mjs';

const { bin } = simulatorRequire('./package.json');
const PROGRAM = fileURLToPath(new URL(`../../simulator/${bin['miniapp-rtc-simulator']}`, import.meta.url));

/** Runs the program to its end. */
function run(t, parameters, { orders = [], cwd } = {}) {
  const child = spawn(process.execPath, [PROGRAM, ...parameters], { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      text += chunk;
    });
  child.stdin.end(orders.map((order) => `${order}\n`).join(''));
  return new Promise((resolve) => {
    child.on('exit', (status) => resolve({ status, text }));
  });
}

const APP = {
  'app.json': '{ "pages": ["a", "b"] }',
  'app.js': "console.info('started', 'rtmp://h/x?token=secret'); App({});",
  'b.js': 'Page({ onLoad(query) { console.info("b of " + query.x); } });',
  'b.wxml': 'second',
  'a.js':
    "import { word } from './word'; Page({ data: { word, typed: '' }, go() { this.setData({ word: 'tapped' }); }, type(event) { this.setData({ typed: event.detail.value }); } });",
  'word.ts': "export const word: string = 'hello';",
  'a.wxml':
    '<button id="go" class="big" bindtap="go">{{word}}</button><input id="name" bindinput="type"/><text>{{typed}}</text>',
};

test('an app runs; orders tap, type, look, and go elsewhere', async (t) => {
  const orders = [
    'show',
    'tap #go',
    'input #name two words',
    'data',
    'tap #gone',
    'what',
    'open b?x=1',
    'back',
    'hide',
    'foreground',
    'stats',
    'quit',
  ];
  const { status, text } = await run(t, [packageOf(t, APP), '--name', 'alice'], { orders });
  assert.equal(status, 0, text);
  for (const pattern of [
    /console +info: started rtmp:\/\/h\/x\?\*\*\*/,
    /shows +hello/,
    /button#go\.big\n {2}"hello"/,
    /"word": "tapped",\n +"typed": "two words"/,
    /no node matches '#gone'; the order 'show'/,
    /tap SELECTOR +a finger/,
    /b of 1/,
    /error +cannot navigate back at first page/,
    /app +hide/,
    /"timers": 0/,
    /ended well\n$/,
  ])
    assert.match(text, pattern);
});

test('it ends after some seconds, in the folder where it stands, also with nobody at the input', async (t) => {
  const began = Date.now();
  const { status, text } = await run(t, ['--seconds', '1', '--page', '/b?x=2'], { cwd: packageOf(t, APP) });
  assert.equal(status, 0, text);
  assert.match(text, /b of 2/);
  assert.ok(Date.now() - began >= 1000);
});

test('Ctrl-C ends it', async (t) => {
  const child = spawn(process.execPath, [PROGRAM, packageOf(t, APP)], { stdio: ['pipe', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise((resolve) => {
    child.on('exit', resolve);
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
    if (String(chunk).includes('Ctrl-C')) child.kill('SIGINT');
  });
  assert.equal(await ended, 0, text);
  assert.match(text, /ended well/);
});

test('a fault of the app is told with its file and line, and fails the run', async (t) => {
  const { status, text } = await run(t, [
    packageOf(t, { ...APP, 'a.js': 'Page({\n  data: { x: },\n});' }),
    '--seconds',
    '1',
  ]);
  assert.equal(status, 1);
  assert.match(text, /FAULT +module: a\.js:2: Unexpected token '}' \(a\.js\)/);
  assert.match(text, /FAILED: \d+ faults of the app:\n {2}.*a\.js:2/s);
});

test('what cannot be run is told in one sentence that says what to do', async (t) => {
  const empty = temporaryFolder(t, 'empty');
  const unbuilt = temporaryFolder(t, 'unbuilt');
  writeFileSync(join(unbuilt, 'project.config.json'), '{ "miniprogramRoot": "dist/" }');
  mkdirSync(join(unbuilt, 'dist'));
  const cases = [
    [[join(empty, 'nowhere')], /^error: .*nowhere does not exist\. Give the folder that holds app\.json as root\.\n$/],
    [[empty], /^error: .* is not a mini-program: it has no app\.json\. Give the folder/],
    [[unbuilt], /^error: .*dist\/? has no app\.json.*build the project first/],
    [[packageOf(t, { 'app.json': '{ "pages": [' })], /^error: app\.json: .*JSON/],
    [[packageOf(t, { 'app.json': '{ "pages": [] }' })], /^error: .*app\.json names no page: add one/],
    [[packageOf(t, APP), '--page', 'c'], /error: app\.json has no page 'c'\. Its pages are: a, b\./],
    [
      [packageOf(t, APP), '--seconds', 'soon'],
      /^error: --seconds needs a positive number, 2147483 at most, not 'soon'\n$/,
    ],
    [[packageOf(t, APP), '--stage', '--port', 'abc'], /^error: --port needs a number from 0 to 65535, not 'abc'\n$/],
    [[packageOf(t, APP), '--seconds', '3000000'], /^error: --seconds needs/],
    [
      [packageOf(t, APP), '--stage', '--port', '65536'],
      /^error: --port needs a number from 0 to 65535, not '65536'\n$/,
    ],
    [[packageOf(t, APP), '--port', '80'], /^error: --port is for the page of --stage/],
    [['--pgae', 'x'], /^error: .*'--pgae'[\s\S]*usage: miniapp-rtc-simulator \[DIR\]/],
    [['a', 'b'], /^error: one folder, not 2/],
  ];
  for (const [parameters, pattern] of cases) {
    const { status, text } = await run(t, parameters);
    assert.match(text, pattern);
    assert.equal(status, 2, text);
    assert.doesNotMatch(text, /\n {4}at /, 'no stack');
  }
});
