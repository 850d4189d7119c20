/**
 * Where a browser puts the components: the tree that exparser makes of pages, and their style sheets, laid out by
 * Chromium.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COMPONENTS } from './mount.mjs';
import { chromium, HEADLESS } from '../chromium.mjs';
import { writeReadmeApp } from '../e2e/readme-app.mjs';
import { temporaryFolder } from '../folder.mjs';

const require = createRequire(new URL('../../js-glue/package.json', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMPONENT_NAMES = ['v-pusher', 'v-player'];

/** WeChat's own style of the tags that the pages use; a phone's screen is 750rpx wide. */
const PLATFORM = `body { margin: 0; } v-pusher, v-player { display: inline; } wx-view, wx-button { display: block; }
  wx-live-pusher { display: block; width: 100%; } wx-live-player { display: block; width: 300px; height: 225px; }`;
const SCREEN = 750;

const CALL = {
  pusher: { url: 'rtmp://host/1' },
  remoteStreams: ['a', 'b'].map((uid) => ({ id: uid, uid, url: 'rtmp://host/2', screen: false })),
};

const PAGES = Object.fromEntries(
  COMPONENT_NAMES.flatMap((name) => {
    const tag = (attributes, inside = '') => `<${name} url="rtmp://host/1" ${attributes}>${inside}</${name}>`;
    return Object.entries({
      bare: { wxml: tag('') },
      room: { wxml: `<view class="room">${tag('')}</view>`, wxss: '.room { width: 300rpx; height: 200rpx; }' },
      class: { wxml: tag('class="tile"'), wxss: '.tile { width: 300rpx; height: 100rpx; }' },
      style: { wxml: tag('style="width: 300px; height: 100px"') },
      row: {
        wxml: `<view class="row">${tag('class="tile"')}${tag('class="tile"')}</view>`,
        wxss: '.row { display: flex; } .tile { width: 50%; }',
      },
      content: {
        wxml: `<view class="above"></view>${tag('', '<view class="over">me</view>')}`,
        wxss: '.above { height: 40rpx; } .over { position: relative; height: 50rpx; }',
      },
    }).map(([kind, page]) => [`${name} ${kind}`, page]);
  }),
);
const EXAMPLE = {
  pushUrl: 'rtmp://host/1',
  tiles: ['a', 'b'].map((uid, slot) => ({ slot, uid, url: 'rtmp://host/2' })),
};

/** By page, the boxes that were looked for: `{ x, y, width, height }` by selector, in the order of the page. */
let boxes;

before((t) => {
  const root = temporaryFolder(t, 'layout');
  cpSync(COMPONENTS, join(root, 'components'), { recursive: true });
  PAGES.example = { ...meetingOf(join(ROOT, 'example-miniapp')), data: EXAMPLE };
  for (const readme of ['README.md', 'README.zh-CN.md']) {
    const app = join(root, 'apps', readme);
    writeReadmeApp(app, readme);
    PAGES[readme] = { ...meetingOf(app), data: CALL };
  }
  for (const [place, { wxml, wxss = '', data = {} }] of Object.entries(PAGES)) {
    const folder = join(root, place.replace(/\W/g, '-'));
    mkdirSync(folder);
    const usingComponents = Object.fromEntries(COMPONENT_NAMES.map((name) => [name, `/components/${name}/${name}`]));
    const files = {
      js: `Component({ data: ${JSON.stringify(data)} });`,
      json: JSON.stringify({ component: true, usingComponents }),
      wxml,
      wxss,
    };
    for (const [kind, text] of Object.entries(files)) writeFileSync(join(folder, `page.${kind}`), text);
  }
  boxes = laidOut(
    root,
    Object.fromEntries(Object.keys(PAGES).map((place) => [place, rendered(root, place.replace(/\W/g, '-'))])),
  );
});

for (const name of COMPONENT_NAMES) {
  const native = name.replace('v-', 'wx-live-');
  const of = (kind) => {
    const found = boxes[`${name} ${kind}`];
    assert.deepEqual(found[native], found[name], 'the tag fills the component');
    return found[name];
  };
  const box = (x, y, width, height) => ({ x, y, width, height });

  test(`${name}: where nobody says its size, as wide as there is room, and 4/3 of that high`, () => {
    assert.deepEqual(of('bare'), [box(0, 0, SCREEN, 1000)]);
    assert.deepEqual(of('row'), [box(0, 0, 375, 500), box(375, 0, 375, 500)]);
  });

  test(`${name}: fills what it stands in`, () => assert.deepEqual(of('room'), [box(0, 0, 300, 200)]));

  test(`${name}: a class or style of the page counts`, () => {
    assert.deepEqual(of('class'), [box(0, 0, 300, 100)]);
    assert.deepEqual(of('style'), [box(0, 0, 300, 100)]);
  });

  test(`${name}: what stands between its tags is over the picture and adds no height`, () => {
    assert.deepEqual(of('content'), [box(0, 40, SCREEN, 1000)]);
    assert.deepEqual(boxes[`${name} content`]['.main--over'], [box(0, 40, SCREEN, 50)]);
    assert.equal(boxes[`${name} content`].onTop, 'main--over');
    assert.equal(boxes[`${name} bare`].onTop, `${name}--${name.slice(2)}`, 'fingers reach the tag');
  });
}

for (const page of ['README.md', 'README.zh-CN.md', 'example']) {
  test(`the page of ${page}: three pictures in two columns`, () => {
    const { 'wx-live-pusher': own, 'wx-live-player': others } = boxes[page];
    const top = own[0].y;
    assert.deepEqual(
      [...own, ...others],
      [
        [0, 0],
        [375, 0],
        [0, 500],
      ].map(([x, y]) => ({ x, y: top + y, width: 375, height: 500 })),
    );
  });
}

function meetingOf(app) {
  return Object.fromEntries(
    ['wxml', 'wxss'].map((kind) => [kind, readFileSync(join(app, `pages/meeting/meeting.${kind}`), 'utf8')]),
  );
}

/**
 * The page as miniprogram-simulate makes it. `:host` is the component's tag here, as weak against a page's class as
 * WeChat's default style.
 */
function rendered(root, folder) {
  const { JSDOM } = require('jsdom');
  if (!globalThis.document) {
    const { window } = new JSDOM('<!doctype html><body></body>', { pretendToBeVisual: true });
    for (const name of ['document', 'Event', 'CustomEvent', 'MutationObserver', 'requestAnimationFrame'])
      globalThis[name] = window[name];
    globalThis.window = window;
  }
  const simulate = require('miniprogram-simulate');
  const page = simulate.render(simulate.load(join(root, folder, 'page'), 'main', { rootPath: root, less: false }));
  page.attach(document.body);
  const style = document.head.innerHTML.replaceAll(':host', COMPONENT_NAMES.join(','));
  const html = `<!doctype html><head><style>${PLATFORM}</style>${style}</head><body>${document.body.innerHTML}</body>`;
  page.detach();
  document.head.innerHTML = '';
  document.body.innerHTML = '';
  return html;
}

/** @param {Record<string, string>} pages HTML by name */
function laidOut(root, pages) {
  const looked = ['v-pusher', 'v-player', 'wx-live-pusher', 'wx-live-player', '.main--over'];
  const measure = `
    const pages = ${JSON.stringify(pages).replaceAll('<', '\\u003c')};
    const found = {};
    for (const [name, html] of Object.entries(pages)) {
      const frame = document.createElement('iframe');
      frame.style = 'border: 0; width: ${SCREEN}px; height: 2000px';
      document.body.append(frame);
      frame.contentDocument.write(html);
      frame.contentDocument.close();
      found[name] = Object.fromEntries(${JSON.stringify(looked)}.map((selector) => [selector,
        [...frame.contentDocument.querySelectorAll(selector)].map((node) => {
          const { x, y, width, height } = node.getBoundingClientRect();
          return { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) };
        })]));
      found[name].onTop = frame.contentDocument.elementFromPoint(5, 45).className;
    }
    document.body.textContent = JSON.stringify(found);`;
  const file = join(root, 'layout.html');
  writeFileSync(file, `<!doctype html><meta charset="utf-8"><body><script>${measure}</script></body>`);
  const shown = execFileSync(
    chromium(),
    [...HEADLESS, `--user-data-dir=${join(root, 'profile')}`, '--dump-dom', `file://${file}`],
    {
      encoding: 'utf8',
      timeout: 60000,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  return JSON.parse(/<body>([\s\S]*)<\/body>/.exec(shown)[1]);
}
