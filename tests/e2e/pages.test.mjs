/** Pages that close without `destroy`: whose call it was, and who hears that it ended. */

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { Phone } from '../../simulator/index.js';
import { temporaryFolder } from '../folder.mjs';
import { pause, SDK, start } from '../glue/phone.mjs';
import { startGateway } from './support.mjs';

/** Long enough for a client to see that nobody takes it over, and for the gateway to tell. */
const SOON_MS = 2500;

/**
 * A mini-program of two tabs and two other pages. The page `call` begins a call in `onLoad`, as the guide's page does,
 * and forgets it.
 */
function appFolder(t) {
  const root = temporaryFolder(t, 'pages');
  mkdirSync(join(root, 'lib'));
  for (const file of ['miniapp-rtc.min.js', 'miniapp-rtc.wasm']) copyFileSync(join(SDK, file), join(root, 'lib', file));
  const page = (name, script) => {
    writeFileSync(join(root, `${name}.js`), script);
    writeFileSync(join(root, `${name}.json`), '{}');
    writeFileSync(join(root, `${name}.wxml`), `<view>${name}</view>`);
  };
  writeFileSync(
    join(root, 'app.json'),
    JSON.stringify({
      pages: ['home', 'other', 'call', 'next'],
      tabBar: {
        list: [
          { pagePath: 'home', text: 'home' },
          { pagePath: 'other', text: 'other' },
        ],
      },
    }),
  );
  writeFileSync(
    join(root, 'app.js'),
    `const { Client } = require('./lib/miniapp-rtc.min.js');
    App({
      client: null, outcomes: [], unloads: 0,
      begin({ appId, gateway, token, options, wait, reuse }) {
        if (!reuse) this.client = new Client();
        const given = Object.assign({ gateway: decodeURIComponent(gateway) }, JSON.parse(decodeURIComponent(options)));
        const inited = reuse ? Promise.resolve() : this.client.init(appId, given);
        inited.then(() => new Promise((resolve) => setTimeout(resolve, Number(wait))))
          .then(() => this.client.join(decodeURIComponent(token), 'room', 'alice'))
          .then(() => this.outcomes.push('joined'), (error) => this.outcomes.push(error.reason));
      },
    });`,
  );
  page('home', 'Page({ start(query) { getApp().begin(query); } });');
  page('other', 'Page({});');
  page(
    'call',
    `Page({
    onLoad(query) { getApp().begin(query); },
    onUnload() {
      const app = getApp();
      app.unloads += 1;
      if (app.isTidy) app.client.destroy();
    },
  });`,
  );
  page(
    'next',
    `const app = getApp();
    Page({ onLoad({ uses }) { if (uses) app.client.on('peer-online', () => {}); } });`,
  );
  return root;
}

/** Alice's phone shows its home; bob is in the room and notes who leaves. */
async function stage(t) {
  const gateway = await startGateway(t);
  const { sdk, phone: other } = await start(t);
  const bob = new sdk.Client();
  const left = [];
  const online = [];
  bob.on(sdk.EVENTS.PEER_LEAVE, ({ uid }) => left.push(uid));
  bob.on(sdk.EVENTS.PEER_ONLINE, ({ uid }) => online.push(uid));
  await bob.init(gateway.app.id, { gateway: gateway.ws });
  await bob.join(await gateway.token({ room: 'room', user: 'bob' }), 'room', 'bob');
  const phone = await Phone.boot({ root: appFolder(t) });
  t.after(() => phone.close());
  await phone.open('home');
  const app = phone.service.realm.global.getApp();
  const token = await gateway.token({ room: 'room', user: 'alice' });
  const { wx } = phone.service.realm.global;
  const enter = async ({ options = {}, wait = 0, reuse = '', inTab = false } = {}) => {
    const query = { appId: gateway.app.id, gateway: gateway.ws, token, options: JSON.stringify(options), wait, reuse };
    const text = Object.entries(query)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    const before = app.outcomes.length;
    if (inTab) phone.page.call('start', query);
    else wx.navigateTo({ url: `/call?${text}` });
    if (!wait) await phone.waitFor(() => app.outcomes.length > before && online.length > 0, 5000, 'the join');
  };
  const back = async () => bob.join(await gateway.token({ room: 'room', user: 'bob' }), 'room', 'bob');
  return { phone, other, app, wx, enter, left, online, bob, back };
}

const leaves = async ({ other, left }) => {
  await other.waitFor(() => left.length > 0, SOON_MS, 'alice to leave');
  assert.deepEqual(left, ['alice']);
};
const stays = async ({ left }) => {
  await pause(SOON_MS);
  assert.deepEqual(left, []);
};

describe('a page that forgets its client', { concurrency: 2 }, () => {
  test('closed: the room is left, and the page is told in the console how to keep it', async (t) => {
    const scene = await stage(t);
    await scene.enter();
    scene.wx.navigateBack();
    await leaves(scene);
    assert.equal(scene.app.unloads, 1, "the page's own onUnload ran once");
    assert.equal(scene.app.client.state, 'idle');
    assert.deepEqual(scene.phone.faults, []);
  });

  test('closed with destroy(): the room is left, and the console says nothing of a forgotten client', async (t) => {
    const scene = await stage(t);
    const said = [];
    scene.phone.onEvent((event) => {
      if (event.kind === 'console') said.push(event.message);
    });
    await scene.enter();
    scene.app.isTidy = true;
    scene.wx.navigateBack();
    await leaves(scene);
    await pause(SOON_MS);
    assert.deepEqual(
      said.filter((line) => line.includes('destroy')),
      [],
    );
    assert.deepEqual(scene.phone.faults, []);
  });

  test('a client that is meant to outlive its page says so, and stays', async (t) => {
    const scene = await stage(t);
    await scene.enter({ options: { outlivesPage: true } });
    scene.wx.navigateBack();
    await stays(scene);
    assert.equal(scene.app.client.state, 'connected');
  });

  test('covered by another page, or its tab hidden: it stays', async (t) => {
    const [covered, hidden] = await Promise.all([stage(t), stage(t)]);
    await Promise.all([covered.enter(), hidden.enter({ inTab: true })]);
    covered.wx.navigateTo({ url: '/next' });
    hidden.wx.switchTab({ url: '/other' });
    await Promise.all([stays(covered), stays(hidden)]);
  });

  test('redirectTo a page that goes on with the client: it stays, and is left when that page closes', async (t) => {
    const scene = await stage(t);
    await scene.enter();
    scene.wx.redirectTo({ url: '/next?uses=1' });
    await stays(scene);
    scene.wx.navigateBack();
    await leaves(scene);
  });

  test('redirectTo a page that does not know the client: the room is left, though a listener of the closed page is busy', async (t) => {
    const scene = await stage(t);
    await scene.enter();
    scene.app.client.on('peer-leave', ({ uid }) => scene.app.client.subscribe(uid).catch(() => {}));
    scene.wx.redirectTo({ url: '/next' });
    await pause(200);
    await scene.bob.leave();
    await scene.back();
    await leaves(scene);
  });

  test('closed before its join: the join is refused, so nobody sees a ghost; a page opened later may join with the same client', async (t) => {
    const scene = await stage(t);
    await scene.enter({ wait: 800 });
    scene.wx.navigateBack();
    await scene.phone.waitFor(() => scene.app.outcomes.length > 0, 3000, 'the join to settle');
    assert.match(scene.app.outcomes[0], /page that this Client belongs to was closed/);
    assert.deepEqual(scene.online, []);
    await scene.enter({ reuse: '1' });
    assert.deepEqual(Array.from(scene.app.outcomes.slice(1)), ['joined']);
    await stays(scene);
  });
});
