/** The codes that the simulated tags fire are codes of the phone, as docs/native-codes.md lists them. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PLAYER_MESSAGES, PUSHER_MESSAGES } from '../../simulator/native/codes.js';

const DOCUMENT = readFileSync(new URL('../../docs/native-codes.md', import.meta.url), 'utf8');

/** The codes in the table below that heading. */
function listed(heading) {
  const section = DOCUMENT.split(/^## /m).find((text) => text.startsWith(heading));
  return new Set([...section.matchAll(/^\| (-?\d+) \|/gm)].map(([, code]) => code));
}

for (const [tag, messages] of [
  ['live-pusher', PUSHER_MESSAGES],
  ['live-player', PLAYER_MESSAGES],
]) {
  test(`${tag} fires known codes only`, () => {
    const codes = listed(tag);
    assert.ok(codes.size > 20, `the table of ${tag} was found`);
    assert.deepEqual(
      Object.keys(messages).filter((code) => !codes.has(code)),
      [],
    );
  });
}
