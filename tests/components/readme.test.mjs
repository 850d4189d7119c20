/** The tables of the components' READMEs say what their code does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';
import { COMPONENTS } from './mount.mjs';

for (const [name, source, tag] of [
  ['v-pusher', 'url', 'live-pusher'],
  ['v-player', 'src', 'live-player'],
]) {
  const read = (extension) => readFileSync(`${COMPONENTS}/${name}/${extension}`, 'utf8');
  const code = read(`${name}.js`);
  const template = read(`${name}.wxml`);
  let definition;
  vm.runInNewContext(code, {
    Component: (given) => {
      definition = given;
    },
    String: 'String',
    Number: 'Number',
    Boolean: 'Boolean',
  });
  const camel = (attribute) => attribute.replace(/-([a-z])/g, (_all, letter) => letter.toUpperCase());

  /** Rows of the table under a heading, without its head, cells without back quotes. */
  const table = (heading) =>
    readFileSync(new URL(`../../js-glue/components/${name}/README.md`, import.meta.url), 'utf8')
      .split(`## ${heading}\n`)[1]
      .split('\n## ')[0]
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) =>
        line
          .slice(2, -2)
          .split(' | ')
          .map((cell) => cell.replace(/^`(.*)`$/, '$1').trim()),
      );

  test(`${name}: properties, their types and defaults`, () => {
    const documented = table('Properties').map(([property, type, value]) => [camel(property), type, value]);
    const real = Object.entries(definition.properties).map(([property, { type, value }]) => [
      property,
      type ?? 'any',
      String(value),
    ]);
    assert.deepEqual(documented, real);
  });

  test(`${name}: each event of the table is one that the tag fires and the code passes on`, () => {
    const documented = table('Events');
    const ofHandler = Object.fromEntries(
      [...code.matchAll(/(bind\w+): function \(e\) \{[^}]*?this\.triggerEvent\('(\w+)'/g)].map(([, handler, event]) => [
        handler,
        event,
      ]),
    );
    const prefix = /pass: function \(e\) \{[^}]*?this\.triggerEvent\('(\w+)' \+ e\.type/.exec(code)[1];
    const passed = [...template.matchAll(/\sbind(\w+)="(\w+)"/g)].map(
      ([, native, handler]) => `${native} ${handler === 'pass' ? prefix + native : ofHandler[handler]}`,
    );
    assert.deepEqual(documented.map(([event, native]) => `${native} ${event}`).sort(), passed.sort());
  });

  test(`${name}: methods`, () => {
    const real = [...code.matchAll(/ (\w+): function \(options\)/g)].map(([, method]) => method);
    assert.deepEqual(
      table('Methods').map(([method]) => method),
      real,
    );
  });

  test(`${name}: the native tag gets every property, binds without a colon, and the component imports nothing`, () => {
    const attributes = [
      ...template
        .split(`<${tag}`)[1]
        .split('/>')[0]
        .matchAll(/([\w:-]+)="\{\{.+?\}\}"/g),
    ].map(([, attribute]) => camel(attribute));
    const own = ['url', 'control', 'uid', 'screen', 'state', 'initText', 'errorText', 'enbaleMic'];
    const wanted = Object.keys(definition.properties)
      .filter((property) => !own.includes(property))
      .concat(source);
    assert.deepEqual(
      wanted.filter((attribute) => !attributes.includes(attribute)),
      [],
    );
    assert.doesNotMatch(template, /bind:|catch/);
    assert.doesNotMatch(code, /\brequire\b|\bimport\b/);
    assert.deepEqual(JSON.parse(read(`${name}.json`)), { component: true });
  });
}
