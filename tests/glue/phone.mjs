/** The built SDK, with its real module, on a simulated phone that shows one empty page. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Phone } from '../../simulator/index.js';
import { temporaryFolder } from '../folder.mjs';

export const SDK = fileURLToPath(new URL('../../target/sdk', import.meta.url));
const { WebSocketServer } = createRequire(new URL('../../simulator/package.json', import.meta.url))('ws');

/** An app, and a token that never ends, for that user in that room. */
export const ENTRY = (() => {
  const { app, vectors } = JSON.parse(readFileSync(new URL('../vectors/tokens.json', import.meta.url), 'utf8'));
  const { token, fields } = vectors.find(({ parse, fields: { expiresAt } = {} }) => parse === 'ok' && expiresAt === 0);
  return { app, token, room: fields.room, user: fields.user };
})();

/** Where nobody listens. */
export const NOWHERE = 'ws://127.0.0.1:1/v1';

/**
 * @param {import('node:test').TestContext} t closes the phone at its end
 * @param {object} [options] of the phone
 * @param {{ [file: string]: string }} [files] where each file of the SDK goes in the code package
 * @param {string} [script] how the page requires the SDK
 * @param {string} [module] how it requires the fallback
 */
export async function start(
  t,
  options = {},
  files = { 'miniapp-rtc.min.js': 'lib/miniapp-rtc.min.js', 'miniapp-rtc.wasm': 'lib/miniapp-rtc.wasm' },
  script,
  module,
) {
  if (!existsSync(SDK)) throw new Error('target/sdk is missing; run `cargo xtask build`');
  const root = temporaryFolder(t, 'glue');
  const write = (name, content) => writeFileSync(join(root, name), content);
  mkdirSync(join(root, 'page'));
  for (const [file, place] of Object.entries(files)) {
    mkdirSync(join(root, dirname(place)), { recursive: true });
    copyFileSync(join(SDK, file), join(root, place));
  }
  write('app.json', '{ "pages": ["page/page"] }');
  write('app.js', 'App({});');
  write('page/page.json', '{}');
  write('page/page.wxml', '<view>{{client}}</view>');
  // What is not in the package is required all the same, as by a page whose developer forgot the file.
  const sdk = script || `../${files['miniapp-rtc.min.js']}`;
  const fallback = module || `../${files['miniapp-rtc.fallback.js'] || 'lib/miniapp-rtc.fallback.js'}`;
  write(
    'page/page.js',
    `Page({
    data: { client: null }, sdk: require('${sdk}'), load: () => require('${sdk}'), fallback: () => require('${fallback}'),
  });`,
  );
  const phone = await Phone.boot({ root, ...options });
  t.after(() => phone.close());
  await phone.open('page/page');
  const { sdk: copied, load, fallback: loadFallback } = phone.page.instance;
  return { phone, sdk: copied, load, fallback: loadFallback };
}

/**
 * Wraps every function between the module and the glue, from now on.
 * @param {Phone} phone
 * @param {(name: string, run: () => unknown, instance: number) => unknown} around calls a function of the module, or
 *   does not
 * @param {(name: string) => void} [called] hears which function of the glue the module calls
 */
export function wrapModule(phone, around, called = () => {}) {
  const platform = phone.service.realm.global.WXWebAssembly;
  const { instantiate } = platform;
  let instances = 0;
  const heard = (glue) =>
    Object.fromEntries(
      Object.entries(glue).map(([name, value]) => [
        name,
        typeof value !== 'function'
          ? value
          : (...values) => {
              called(name);
              return value(...values);
            },
      ]),
    );
  platform.instantiate = (path, imports) =>
    instantiate(path, { './miniapp_rtc_bg.js': heard(imports['./miniapp_rtc_bg.js']) }).then((result) => {
      const instance = instances++;
      const { exports } = result.instance || result;
      const wrapped = {};
      for (const name of Object.keys(exports)) {
        const value = exports[name];
        wrapped[name] =
          typeof value !== 'function' ? value : (...values) => around(name, () => value(...values), instance);
      }
      return { instance: { exports: wrapped } };
    });
}

/**
 * A server that takes every WebSocket and never answers.
 * @returns {Promise<{ url: string, sockets: Set<object> }>}
 */
export async function silentServer(t) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => {
    server.on('listening', resolve);
  });
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { url: `ws://127.0.0.1:${server.address().port}/v1`, sockets: server.clients };
}

/** What a promise was rejected with, as a plain object. */
export async function failure(promise) {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  if (!outcome.error) throw new Error(`resolved with ${JSON.stringify(outcome.value)}, expected a rejection`);
  const { name, code, reason, message } = outcome.error;
  return { name, code, reason, message };
}

export const pause = (milliseconds) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
