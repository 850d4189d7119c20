/** `docs/compatibility.md`: a test proves each row, each name of the API has a row, and both languages say the same. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { entries } from '../../js-glue/api-reference.mjs';
import { isTest, proofsOf, read, rows } from './proofs.mjs';

/** A document, and how it says that something is there, and that it is not yet. */
const ENGLISH = { file: 'docs/compatibility.md', there: 'yes', notYet: 'not yet' };
const CHINESE = { file: 'docs/compatibility.zh-CN.md', there: '有', notYet: '尚无' };

/**
 * The rows of all tables, without their heads.
 * @returns {{ isThere: boolean | undefined, proofs: { file: string, test: string }[], line: string }[]}
 */
function rowsOf(text, { there, notYet }) {
  const verdicts = { [there]: true, [notYet]: false };
  const isRow = ({ cells }) => cells.length > 3;
  return rows(text)
    .filter(isRow)
    .map(({ cells: [, verdict, proof], line }) => ({ isThere: verdicts[verdict], proofs: proofsOf(proof), line }));
}

function faultOf({ isThere, proofs, line }) {
  if (isThere === undefined) return `neither there nor not yet: ${line}`;
  if (isThere !== proofs.length > 0)
    return `${isThere ? 'no test proves it' : 'a test proves what is not there'}: ${line}`;
  const { file, test } = proofs.find((proof) => !isTest(proof)) ?? {};
  return file && `${file} has no test “${test}”`;
}

/** Methods, events and error codes of the typings, but for those that are marked as no vendor's. */
function vendorNames() {
  const declared = entries().filter(({ name }) => ['Client', 'EVENTS', 'ERROR_CODES'].includes(name));
  const names = declared.flatMap(({ members }) => {
    const named = members.map(({ signature, text }) => ({
      name: /^(?:(?:readonly|static) )?(\w+)/.exec(signature)[1],
      text,
    }));
    const own = new Set(named.filter(({ text }) => text.includes("Not in the vendor's SDK")).map(({ name }) => name));
    return named.map(({ name }) => name).filter((name) => !own.has(name));
  });
  // No method, and an option of ours.
  return [...new Set(names)].filter((name) => !['constructor', 'defaults'].includes(name));
}

test('each row is there, proven by tests that exist, or not yet', () => {
  const rows = rowsOf(read(ENGLISH.file), ENGLISH);
  assert.ok(rows.length > 80, 'the rows are found');
  assert.deepEqual(rows.map(faultOf).filter(Boolean), []);
});

test('a row that no test proves is found', () => {
  const here = 'tests/glue/compatibility.test.mjs';
  const [first, second] = ['each row is there, proven by tests that exist, or not yet', 'which is no test'];
  const table = [
    '| item | here | proof | differences |',
    '| --- | --- | --- | --- |',
    `| a | yes | \`${here}\`: “${first}”; \`tests/session/calls.rs\`: “publish_resolves_with_the_rtmp_address” | |`,
    `| b | yes | \`${here}\`: “${first}”; “${second}” | |`,
    '| c | yes | `tests/session/calls.rs`: “answer” | |',
    '| d | yes | `tests/gone.rs`: “a” | |',
    '| e | yes | | |',
    `| f | not yet | \`${here}\`: “${first}” | |`,
    '| g | perhaps | | |',
    '| h | not yet | | |',
  ];
  const faults = rowsOf(table.join('\n'), ENGLISH).map((row) => faultOf(row) !== undefined);
  assert.deepEqual(faults, [false, true, true, true, true, true, true, false]);
});

test('both languages have the same rows with the same proofs', () => {
  const shown = (document) => rowsOf(read(document.file), document).map(({ isThere, proofs }) => ({ isThere, proofs }));
  assert.deepEqual(shown(CHINESE), shown(ENGLISH));
});

test('each method, event and error code of the vendor has a row', () => {
  const names = vendorNames();
  assert.ok(names.length > 50, 'the names are found');
  for (const { file } of [ENGLISH, CHINESE]) {
    const text = read(file);
    assert.deepEqual(
      names.filter((name) => !text.includes(`\`${name}\``)),
      [],
      `names without a row in ${file}`,
    );
  }
});
