/** The API reference and the pages of error codes: as their sources are, and in both languages. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as reference from '../../js-glue/api-reference.mjs';
import * as components from '../../js-glue/component-reference.mjs';
import * as errors from '../../js-glue/error-codes.mjs';
import { temporaryFolder } from '../folder.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HAN = /[\u4e00-\u9fff]/;
/** Headings that are names. */
const SAME = new Set(['Control']);

const WRITTEN = {
  'api-reference.mjs': reference.pages(),
  'error-codes.mjs': errors.pages(),
  'component-reference.mjs': components.pages(),
};
for (const [command, pages] of Object.entries(WRITTEN)) {
  for (const [file, content] of Object.entries(pages)) {
    const name = relative(ROOT, file);
    test(`${name} is what its sources say; \`node js-glue/${command}\` writes it anew`, () => {
      assert.equal(readFileSync(file, 'utf8'), content);
    });
  }
}

/** Texts of a source, and the table of their translations. */
const TRANSLATED = {
  'js-glue/index.d.ts': { of: reference, table: 'js-glue/api.zh-CN.json', least: 70 },
  'the components’ READMEs': { of: components, table: 'js-glue/components.zh-CN.json', least: 100 },
};
for (const [source, { of, table, least }] of Object.entries(TRANSLATED)) {
  test(`each text of ${source} has a translation, and no translation is left over`, () => {
    const texts = of.texts();
    const chinese = of.translations();
    assert.ok(texts.length > least, 'the texts are found');
    const isTranslated = (text) => HAN.test(chinese.get(text) ?? '') || SAME.has(text);
    assert.deepEqual(
      texts.filter((text) => !isTranslated(text)),
      [],
      `texts without a translation in ${table}`,
    );
    assert.deepEqual(
      [...chinese.keys()].filter((text) => !texts.includes(text)),
      [],
      `translations of texts that are no longer in ${source}`,
    );
  });

  test(`a translation in ${table} names what its text names`, () => {
    const named = (text) => [...new Set(text.match(/`[^`]+`/g) ?? [])].sort();
    for (const [english, chinese] of of.translations()) assert.deepEqual(named(chinese), named(english), english);
  });
}

test('every export of the typings is in the reference, with every member', (t) => {
  const typings = join(temporaryFolder(t, 'typings'), 'index.d.ts');
  writeFileSync(
    typings,
    '/** A thing. */\nexport interface Thing {\n  /** Its name. */\n  name: string;\n  /**\n   * Does it.\n   *\n   * - once\n   * - twice\n' +
      '   * {@link Other}\n   */\n  act(\n    how: string,\n  ): void;\n}\nexport interface Thing extends Other {}\nexport type Other = 1 | 2;\n',
  );
  const [thing, other, ...rest] = reference.entries(typings);
  assert.deepEqual(rest, []);
  assert.deepEqual([thing.name, thing.text, other.signature], ['Thing', 'A thing.', 'type Other = 1 | 2']);
  assert.deepEqual(
    thing.members.map(({ signature, text }) => [signature, text]),
    [
      ['name: string', 'Its name.'],
      ['act(how: string): void', 'Does it.\n- once\n- twice `Other`'],
    ],
  );
});

test('each error code has a meaning and a remedy in both languages, and nothing else has', () => {
  const known = errors.remedies();
  const named = errors.codes().map(({ code, names }) => [code, names.filter((name) => known[name]).length]);
  assert.deepEqual(
    named.filter(([, count]) => count !== 1),
    [],
    'codes without one entry',
  );
  assert.equal(named.length, Object.keys(known).length, 'entries of no code');
  for (const [name, { en, zh }] of Object.entries(known)) {
    for (const part of ['meaning', 'remedy']) {
      assert.match(en[part], /\w.*\.$/, `${name}: ${part}`);
      assert.match(zh[part], HAN, `${name}: ${part}`);
    }
  }
});
