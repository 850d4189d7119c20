import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ERROR_CODES, EVENTS } from '../../js-glue/src/names.js';

const treaty = JSON.parse(readFileSync(new URL('../vectors/api.json', import.meta.url), 'utf8'));
const ONLY_HERE = { NOT_INITED: 100011, CORE_FAILED: 200005 };

test('events are those of the treaty with the Rust core', () => {
  assert.deepEqual({ ...EVENTS }, treaty.events);
});

test('error codes are those of the treaty with the Rust core, and two that only this side of the door can raise', () => {
  assert.deepEqual({ ...ERROR_CODES }, { ...treaty.errorCodes, ...ONLY_HERE });
});

test('the misspelt symbols of the vendor have the numbers of the right ones', () => {
  for (const [misspelt, right] of [
    ['NO_WEBSOCLET_URL', 'NO_WEBSOCKET_URL'],
    ['MUTE_LOCAL_ERRO', 'MUTE_LOCAL_ERROR'],
    ['UNPUBLISH_ERRO', 'UNPUBLISH_ERROR'],
  ]) {
    assert.equal(typeof ERROR_CODES[right], 'number');
    assert.equal(ERROR_CODES[misspelt], ERROR_CODES[right]);
  }
});
