/** `docs/recovery.md` says how many kinds of faults a chaos run has. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { KINDS } from './faults.mjs';

test('docs/recovery.md counts the kinds of faults', () => {
  const document = readFileSync(new URL('../../docs/recovery.md', import.meta.url), 'utf8').replace(/\s+/g, ' ');
  assert.ok(
    document.includes(`a hundred faults of ${KINDS.length} kinds`),
    `docs/recovery.md has not "a hundred faults of ${KINDS.length} kinds"`,
  );
});
