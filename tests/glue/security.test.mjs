/** `docs/security.md`: tests that exist prove each promise. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isTest, proofsOf, read, rows } from './proofs.mjs';

/** The rows under “What is promised” that no test proves, and the tests that do not exist. */
function faultsOf(document) {
  const [, promised] = document.split('\n## What is promised\n');
  return rows(promised.split('\n## ')[0]).flatMap(({ cells: [promise, , proof] }) => {
    const proofs = proofsOf(proof ?? '');
    if (proofs.length === 0) return [`no test proves: ${promise}`];
    return proofs.filter((one) => !isTest(one)).map(({ file, test }) => `${file} has no test “${test}”`);
  });
}

test('tests that exist prove each promise', () => {
  const document = read('docs/security.md');
  assert.deepEqual(faultsOf(document), []);
  assert.ok(document.match(/“/g).length > 40, 'the rows are found');
});

test('a promise that no test proves is found', () => {
  const here = '`tests/glue/security.test.mjs`: “tests that exist prove each promise”';
  const document = `
## What is promised

| promise | against | proof |
| --- | --- | --- |
| a | x | ${here} |
| b | x | |
| c | x | ${here}; “gone” |

## What is not promised
`;
  assert.deepEqual(faultsOf(document), ['no test proves: b', 'tests/glue/security.test.mjs has no test “gone”']);
});
