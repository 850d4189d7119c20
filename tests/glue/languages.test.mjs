/** Documents in two languages: `X.zh-CN.md` has the headings, tables, figures, lists and samples of `X.md`. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FENCE = /^ *```[\s\S]*?^ *```$/gm;

/** What stands alone in its cell and is no language's: a number, or a name in code. */
const OF_NO_LANGUAGE = /^([\d.,]+( ms| s)?|`[^`]*`)$/;

/** What a translation keeps of a document. */
function shapeOf(text) {
  const prose = text.replace(FENCE, '');
  const tables = prose.match(/(?:^\|.*\n?)+/gm) ?? [];
  const cells = tables.flatMap((table) => table.split(/[|\n]/)).map((cell) => cell.trim());
  return {
    headings: prose.match(/^#+(?= )/gm) ?? [],
    rows: tables.map((table) => table.trim().split('\n').length),
    cells: cells.filter((cell) => OF_NO_LANGUAGE.test(cell)),
    items: (prose.match(/^ *(?:- |\d+\. )/gm) ?? []).length,
    samples: (text.match(FENCE) ?? []).length,
  };
}

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.zh-CN.md'], {
  cwd: ROOT,
  encoding: 'utf8',
});
const translations = listed.split('\n').filter((name) => name && existsSync(join(ROOT, name)));

test('there are translations', () => assert.ok(translations.length >= 6, translations.join(' ')));

for (const name of translations) {
  test(`${name} is of the shape of its English`, () => {
    const [chinese, english] = [name, name.replace('.zh-CN.md', '.md')].map((file) =>
      readFileSync(join(ROOT, file), 'utf8'),
    );
    assert.deepEqual(shapeOf(chinese), shapeOf(english));
  });
}

test('what a translation lacks is found', () => {
  const text =
    '# A\n\n- one\n- two\n\n| a |\n| --- |\n| b |\n| 5 ms |\n| `C` |\n\n```sh\n# no heading\n- no item\n```\n\n1. first\n';
  assert.deepEqual(shapeOf(text.replace('one', '一')), shapeOf(text));
  for (const part of ['# A\n', '- two\n', '| b |\n', '```sh\n# no heading\n- no item\n```\n', '1. first\n'])
    assert.notDeepEqual(shapeOf(text.replace(part, '')), shapeOf(text), part);
  for (const [is, was] of Object.entries({ '5 ms': '6 ms', '`C`': '`D`' }))
    assert.notDeepEqual(shapeOf(text.replace(is, was)), shapeOf(text), is);
});
