/**
 * Takes the attributes and events of WeChat's built-in tags out of Taro's typings, which name for each the platforms
 * that have it:
 *
 *     npm pack @tarojs/components && tar xf tarojs-components-*.tgz
 *     node simulator/ui/tags/take-from-taro.mjs package > simulator/ui/tags/taro.js
 */

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const [taro] = process.argv.slice(2);
if (!taro) {
  console.error('usage: node take-from-taro.mjs FOLDER, that of the npm package @tarojs/components');
  process.exit(2);
}
const folder = join(taro, 'types');
const { version } = JSON.parse(readFileSync(join(taro, 'package.json'), 'utf8'));
/**
 * The first two follow the table of the SDK's components; the others are no tags of WeChat's, or part of its syntax.
 */
const ELSEWHERE = ['live-pusher', 'live-player', 'custom-wrapper', 'native-slot', 'script', 'slot', 'block'];
const ZERO = { boolean: false, number: 0, string: '', any: null };

const tags = {};
for (const file of readdirSync(folder)
  .filter((name) => /^[A-Z].*\.d\.ts$/.test(name))
  .sort()) {
  const tag = file
    .slice(0, -'.d.ts'.length)
    .replace(/(?<=[a-z])[A-Z]/g, '-$&')
    .toLowerCase();
  const entry = tagOf(readFileSync(join(folder, file), 'utf8'));
  if (entry && !ELSEWHERE.includes(tag)) tags[tag] = entry;
}
console.log(`/** WeChat's built-in tags by @tarojs/components ${version}; written by take-from-taro.mjs, not by hand. */

export const TARO_TAGS = {
${Object.entries(tags)
  .map(([tag, entry]) => `  '${tag}': ${JSON.stringify(entry)},`)
  .join('\n')}
};`);

function tagOf(text) {
  const body = bodyOf(text, /interface \w+Props(?:<[^{]*>)? extends ([^{]*)\{/);
  if (body === null) return null;
  const properties = {};
  const events = new Set();
  if (/FormItemProps/.test(text)) properties.name = { type: 'string', value: '' };
  for (const [, comment, name, type] of body.matchAll(
    /\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*(?:readonly )?'?([\w-]+)'?\??: ?([^\n]*)/g,
  )) {
    const platforms = /@supported ([^\n]*)/.exec(comment)?.[1] ?? '';
    if (!/\bweapp\b/.test(platforms)) continue;
    if (/^on[A-Z]/.test(name)) events.add(name.slice(2).toLowerCase());
    else
      properties[name.replace(/-([a-z])/g, (_all, letter) => letter.toUpperCase())] = propertyOf(
        type,
        /@default ([^\n]*)/.exec(comment)?.[1],
        text,
      );
  }
  return Object.keys(properties).length + events.size === 0 && !/@supported[^\n]*weapp/.test(text)
    ? null
    : { properties, events: [...events] };
}

function propertyOf(written, written_default, text) {
  const type = typeOf(
    written
      .replace(/\/\/.*$/, '')
      .replace(/;$/, '')
      .trim(),
    text,
  );
  return { type, value: defaultOf(written_default?.trim(), type) };
}

function typeOf(written, text) {
  if (['boolean', 'number', 'string'].includes(written)) return written;
  const literals = /^'[^']*'(?: \| '[^']*')*$/.test(written)
    ? [...written.matchAll(/'([^']*)'/g)].map(([, value]) => value)
    : null;
  const named = /^keyof (?:\w+\.)?(\w+)$/.exec(written)?.[1];
  const list = literals ?? (named ? keysOf(text, named) : null);
  if (list && list.length > 1) return list;
  return /^(?:\w+Props\.)?OpenType$/.test(written) || list ? 'string' : 'any';
}

function keysOf(text, name) {
  const body = bodyOf(text, new RegExp(`interface ${name}\\s*()\\{`));
  return body === null
    ? null
    : [
        ...body.replace(/\/\*(?:[^*]|\*(?!\/))*\*\//g, '').matchAll(/^[ \t]*(?:'([^']+)'|([\w-]+))\??[ \t]*[:,;\n]/gm),
      ].map(([, quoted, plain]) => quoted ?? plain);
}

function defaultOf(written, type) {
  const text = written?.replace(/^["'`]|["'`]$/g, '');
  if (Array.isArray(type)) return type.includes(text) ? text : '';
  switch (type) {
    case 'boolean':
      return text === 'true';
    case 'number':
      return text !== undefined && text !== '' && Number.isFinite(Number(text)) ? Number(text) : ZERO.number;
    case 'string':
      return text && /^[\w#-]+$/.test(text) && !['none', 'null', 'undefined'].includes(text) ? text : ZERO.string;
    default:
      return ZERO.any;
  }
}

/** What stands between the braces that the pattern opens. */
function bodyOf(text, pattern) {
  const start = pattern.exec(text);
  if (!start) return null;
  let depth = 1;
  let at = start.index + start[0].length;
  const from = at;
  for (; at < text.length && depth > 0; at += 1) depth += text[at] === '{' ? 1 : text[at] === '}' ? -1 : 0;
  return text.slice(from, at - 1);
}
