/**
 * What the simulator's own tests share: the fixture apps, phones that end with their test, ports, and helper processes.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Phone } from '../../simulator/index.js';
import { temporaryFolder } from '../folder.mjs';

export const simulatorRequire = createRequire(new URL('../../simulator/package.json', import.meta.url));
export const fixture = (name) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

/** Times short enough for tests. */
export const QUICK = { retryMs: 150, stallMs: 2500, netStatusMs: 500 };

/** Boots a phone that closes when the test ends. */
export async function boot(t, options = {}) {
  const phone = await Phone.boot({
    root: fixture('app'),
    name: 'test',
    ...options,
    native: { ...QUICK, ...options.native },
  });
  t.after(() => phone.close());
  return phone;
}

/** A package of its own: the files given, over nothing. @returns {string} its root */
export function packageOf(t, files) {
  const root = temporaryFolder(t, 'simulator');
  const all = { 'app.json': '{ "pages": [] }', 'app.js': 'App({});', ...files };
  for (const [path, content] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** A phone whose app.js is the given code; what it exports as `result` on the app object is read back. */
export async function runInApp(t, code, { files = {}, ...options } = {}) {
  const root = packageOf(t, { ...files, 'app.js': `const app = { out: {} }; App(app); const out = app.out;\n${code}` });
  const phone = await Phone.boot({ root, name: 'test', ...options, native: { ...QUICK, ...options.native } });
  t.after(() => phone.close());
  return phone;
}

/** Plain values of this realm out of the app. */
export const out = (phone) => JSON.parse(JSON.stringify(phone.app.out));

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** An ffmpeg that ends with the test. */
export function ffmpeg(t, parameters) {
  const child = spawn('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', '-nostats', ...parameters], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.log = '';
  child.stderr.on('data', (chunk) => {
    child.log += chunk;
  });
  child.ended = new Promise((resolve) => {
    child.on('exit', resolve);
  });
  t.after(() => {
    child.kill('SIGKILL');
    return child.ended;
  });
  return child;
}

export const pause = (milliseconds) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
