/** The mini-program of the page that a README prints, and of the first page that it speaks of; without the SDK. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BLOCK = /^`(pages\/meeting\/meeting\.\w+)`\n\n```\w+\n([\s\S]*?)^```$/gm;
const KINDS = ['js', 'json', 'wxml', 'wxss'];

/**
 * @param {string} root folder to write it into
 * @param {string} readme name in the repository's root
 * @param {(content: string, path: string) => string} [changed] a file of the page, in another way that the README names
 */
export function writeReadmeApp(root, readme, changed = (content) => content) {
  const files = {
    'app.json': JSON.stringify({ pages: ['pages/index/index', 'pages/meeting/meeting'] }),
    'app.js': 'App({});',
    'pages/index/index.js': 'Page({});',
    'pages/index/index.wxml': '<view>first</view>',
  };
  for (const [, path, content] of readFileSync(join(ROOT, readme), 'utf8').matchAll(BLOCK))
    files[path] = changed(content, path);
  for (const kind of KINDS)
    assert.ok(files[`pages/meeting/meeting.${kind}`], `${readme} prints no pages/meeting/meeting.${kind}`);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}
