/**
 * The mini-program that the vendor's integration guide prints: its page and its two components, cut out of
 * `guide/samples.txt` word by word. The guide's four slips are corrected, each by name.
 */

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { EXAMPLE } from './support.mjs';

const SAMPLES = readFileSync(new URL('guide/samples.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

/** The public page has lost its line breaks, so that these comments swallow what follows. */
const COMMENTS = [
  '// APPID 的获取方式详见【步骤1】。',
  '// Token 的获取方式详见【步骤1】',
  '// emit to page',
  '// init: 启动中 ok: 正常推流 error: 推流失败',
  "// '0' camera stream '1' screen stream",
];

/** What the guide says, and what it means. */
const SLIPS = {
  'the address is shown under the name by which it is set': ['{ publishUrl: url }', '{ pushUrl: url }'],
  'the SDK has one name': ['VolcEngineRTCMiniappSDK.EVENTS', 'VolcMiniappSdk.EVENTS'],
  'streams are a list': [
    /\.\.\.this\.data\.remoteStreams, (\{ uid, screen, url, id: `[^`]*` \}) \}/,
    'remoteStreams: [...this.data.remoteStreams, $1] }',
  ],
  'measurements of a player are reported as a player’s': [
    /pusherNetStatusChange\(e\) \{ const info = e\?\.detail\?\.detail\?\.info; this\.client\.reportPusherNetStatusChange\(info\); \}, (?=playerState)/,
    'playerNetStatusChange(e) { this.client.reportPlayerNetStatusChange(e?.detail?.uid, e?.detail?.e?.detail?.info); }, ',
  ],
};

/**
 * What the vendor's page of events asks of every page, and the guide leaves out: a new address goes to its tag, and who
 * is gone is not shown. Without it no SDK can bring back a stream that needs a new address.
 */
const EVENTS = `
  listenToEvents() {
    const { STREAM_REMOVED, UPDATE_URL } = VolcMiniappSdk.EVENTS;
    const others = (gone) => this.data.remoteStreams.filter(({ id }) => id !== gone);
    this.client.on(STREAM_REMOVED, ({ uid, screen }) => {
      this.setData({ remoteStreams: others(\`\${uid}-\${screen ? 1 : 0}\`) });
    });
    this.client.on(UPDATE_URL, ({ uid, screen, url }) => {
      if (uid === USERID) return this.setData({ pushUrl: url });
      const id = \`\${uid}-\${screen ? 1 : 0}\`;
      return this.setData({ remoteStreams: [...others(id), { uid, screen, url, id }] });
    });
  },`;

/**
 * Writes the mini-program, with the SDK where the guide says it lies.
 * @param {string} root an empty folder
 * @param {{ gateway: string, appId: string, token: string, room: string, user: string }} entry what the guide leaves to
 *   the reader
 */
export function writeGuideApp(root, { gateway, appId, token, room, user }) {
  const samples = SAMPLES.map(withLineBreaks);
  const script = corrected(pageOf(samples));
  const entry = Object.entries({ APPID: appId, TOKEN: token, ROOMID: room, USERID: user });
  const constants = entry.map(([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`).join('');
  const [pusher, player] = [partsOf(samples, 'pusher'), partsOf(samples, 'player')];
  const files = {
    'app.json': JSON.stringify({ pages: ['pages/meeting/meeting'] }),
    // The only line that moving from the vendor's SDK asks for.
    'app.js': `require('./lib/miniapp-rtc.min.js').Client.defaults = ${JSON.stringify({ gateway })};\nApp({});`,
    'pages/meeting/meeting.js': constants + script,
    'pages/meeting/meeting.json': samples.findLast((sample) => sample.startsWith('{ "usingComponents"')),
    'pages/meeting/meeting.wxml': samples.filter((sample) => /^<v-pusher|player-container/.test(sample)).join('\n'),
    ...pusher,
    ...player,
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  for (const file of ['miniapp-rtc.min.js', 'miniapp-rtc.wasm'])
    cpSync(join(EXAMPLE, 'lib', file), join(root, 'lib', file));
}

function withLineBreaks(sample) {
  return COMMENTS.reduce((text, comment) => text.replaceAll(`${comment} `, `${comment}\n`), sample);
}

/** The page's script: the guide adds to its one `Page` step by step. */
function pageOf(samples) {
  const [first] = samples;
  const members = samples.map((sample) => /^Page\(\{([\s\S]*?),?\s*\}\);?$/.exec(sample)?.[1]).filter(Boolean);
  assert.equal(members.length, 6, 'steps of the guide');
  return `${first}\nPage({${EVENTS}\n${members.join(',\n')}\n});\n`;
}

function corrected(script) {
  return Object.entries(SLIPS).reduce((text, [name, [slip, meant]]) => {
    const mended = text.replace(slip, meant);
    assert.notEqual(mended, text, `the guide no longer has the slip: ${name}`);
    return mended;
  }, script);
}

/** The files of a component, by what their text names. */
function partsOf(samples, kind) {
  const name = `components/v-${kind}/v-${kind}`;
  const script = samples.find((sample) => sample.startsWith('Component(') && sample.includes(`${kind}statechange`));
  const markup = samples.find((sample) => sample.startsWith(`<view class="${kind}-view">`));
  assert.ok(script && markup, `the guide prints v-${kind}`);
  return {
    [`${name}.js`]: script,
    [`${name}.wxml`]: markup,
    [`${name}.json`]: '{ "component": true }',
    [`${name}.wxss`]: '',
  };
}
