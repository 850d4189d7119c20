/** A mini-program of one page around the real components, on a simulated phone. */
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Phone } from '../../simulator/index.js';
import { temporaryFolder } from '../folder.mjs';

/** As the SDK has them. */
export const COMPONENTS = fileURLToPath(new URL('../../target/sdk/components', import.meta.url));
if (!existsSync(COMPONENTS)) throw new Error('target/sdk is missing; run `cargo xtask build`');

const PAGE = `
Page({
  data: DATA,
  heard: [],
  hear(e) {
    const native = e.detail.e || e.detail;
    this.heard.push({ type: e.type, uid: e.detail.uid, screen: e.detail.screen, detail: native.detail });
  },
});
`;

/**
 * Opens a page with that template and data. What the template binds to `hear` is kept.
 * @param {import('node:test').TestContext} t closes the phone at its end
 * @param {string} template
 * @param {object} data
 * @param {object} [options] of the phone
 */
export async function mount(t, template, data, options = {}) {
  const root = temporaryFolder(t, 'components');
  const write = (name, content) =>
    writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content));
  mkdirSync(join(root, 'page'));
  cpSync(COMPONENTS, join(root, 'components'), { recursive: true });
  write('app.json', { pages: ['page/page'] });
  write('app.js', 'App({});');
  write('page/page.json', {
    usingComponents: { 'v-pusher': '../components/v-pusher/v-pusher', 'v-player': '../components/v-player/v-player' },
  });
  write('page/page.wxml', template);
  write('page/page.js', PAGE.replace('DATA', JSON.stringify(data)));
  const phone = await Phone.boot({ root, ...options });
  t.after(() => phone.close());
  await phone.open('page/page');
  return {
    phone,
    find: (selector) => phone.page.find(selector),
    set: (change) => phone.page.call('setData', change),
    /** What the page heard so far: events of the component, with the detail of the native event inside. */
    heard: () => JSON.parse(JSON.stringify(phone.page.instance.heard)),
    select: (selector) => phone.page.call('selectComponent', selector),
  };
}
