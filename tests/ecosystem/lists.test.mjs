/** `js-glue/native-tags.json` against what others list of live-pusher and live-player: WeChat's typings and Taro's. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import ts from 'typescript';
import { camelCase, NATIVE_TAGS } from '../../js-glue/native-tags.mjs';

const read = (path) => readFileSync(new URL(`node_modules/${path}`, import.meta.url), 'utf8');
const pascal = (tag) => tag.replace(/(?:^|-)([a-z])/g, (_all, letter) => letter.toUpperCase());

test('every place names the same version of the typings', () => {
  const file = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const pinned = ['js-glue', 'tests/ecosystem'].map(
    (folder) => JSON.parse(file(`${folder}/package.json`)).devDependencies['miniprogram-api-typings'],
  );
  const written = ['docs/native-codes.md', 'tests/media.rs'].map(
    (path) => /miniprogram-api-typings`? (\d+\.\d+\.\d+)/.exec(file(path))?.[1],
  );
  const installed = JSON.parse(read('miniprogram-api-typings/package.json')).version;
  assert.deepEqual([...pinned, ...written], Array(4).fill(installed));
});

for (const { tag, attributes, events } of Object.values(NATIVE_TAGS)) {
  const taro = taroList(tag);
  const wechatEvents = [
    ...read('miniprogram-api-typings/types/wx/lib.wx.event.d.ts').matchAll(
      new RegExp(`type ${pascal(tag)}(\\w+) = `, 'g'),
    ),
  ].map(([, name]) => name.toLowerCase());
  const inTable = (entries) => Object.entries(entries).map(([name, entry]) => [camelCase(name), entry]);

  test(`${tag}: the lists can still be read`, () => {
    assert.ok(Object.keys(taro.attributes).length > 10 && taro.events.length > 5 && wechatEvents.length > 2);
  });

  test(`${tag}: an attribute is in the table if Taro has it, and if not, the table says where it is from`, () => {
    const documented = inTable(attributes)
      .filter(([, { undocumented }]) => !undocumented)
      .map(([name]) => name);
    assert.deepEqual(documented.sort(), Object.keys(taro.attributes).sort());
  });

  test(`${tag}: an event is in the table if WeChat's typings or Taro have it, and if not, the table says where it is from`, () => {
    const documented = inTable(events)
      .filter(([, { undocumented }]) => !undocumented)
      .map(([name]) => name);
    assert.deepEqual(documented.sort(), [...new Set([...taro.events, ...wechatEvents])].sort());
  });

  test(`${tag}: types, values and defaults are Taro's, or the table says why not`, () => {
    for (const [name, entry] of inTable(attributes).filter(([property]) => taro.attributes[property])) {
      const { type, values, default: value } = taro.attributes[name];
      const differs = [
        type !== entry.type && entry.type !== 'any' && `type ${type}`,
        values && entry.values && !equal(values, entry.values) && `values ${values.join(', ')}`,
        value !== undefined && value !== String(entry.default) && `default ${value}`,
      ]
        .filter(Boolean)
        .join('; ');
      assert.equal(
        Boolean(entry['taro-differs']),
        differs !== '',
        `${name}: Taro has ${differs || 'the same'}, the table says '${entry['taro-differs']}'`,
      );
    }
  });
}

function equal(some, others) {
  return JSON.stringify([...some].sort()) === JSON.stringify([...others].sort());
}

/** What Taro's typings say that WeChat has: attributes with type, allowed values and default, and events. */
function taroList(tag) {
  const source = ts.createSourceFile(
    'tag.d.ts',
    read(`@tarojs/components/types/${pascal(tag)}.d.ts`),
    ts.ScriptTarget.Latest,
    true,
  );
  const interfaces = {};
  const collect = (node) => {
    if (ts.isInterfaceDeclaration(node)) interfaces[node.name.text] = node;
    ts.forEachChild(node, collect);
  };
  collect(source);

  const list = { attributes: {}, events: [] };
  for (const member of interfaces[`${pascal(tag)}Props`].members) {
    const comment = Object.fromEntries(
      ts.getJSDocTags(member).map((given) => [given.tagName.text, String(given.comment ?? '').trim()]),
    );
    if (!/\bweapp\b/.test(comment.supported ?? '')) continue;
    const name = member.name.text;
    if (/^on[A-Z]/.test(name)) list.events.push(name.slice(2).toLowerCase());
    else
      list.attributes[name] = {
        ...typeOf(member.type.getText(), interfaces),
        default: comment.default?.replace(/^["']|["']$/g, ''),
      };
  }
  return list;
}

function typeOf(text, interfaces) {
  if (['string', 'number', 'boolean'].includes(text)) return { type: text };
  const named = /^keyof \w+\.(\w+)$/.exec(text)?.[1];
  const values = named
    ? interfaces[named].members.map(({ name }) => name.text)
    : [...text.matchAll(/'([^']*)'/g)].map(([, value]) => value);
  return { type: values.every((value) => /^\d+$/.test(value)) ? 'number' : 'string', values };
}
