import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

function typeCheck(project) {
  const tsc = path('../../js-glue/node_modules/typescript/bin/tsc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', path(project)], {
    encoding: 'utf8',
    timeout: 120000,
  });
  assert.equal(status, 0, stdout + stderr);
}

test('the sources type-check', () => typeCheck('../../js-glue'));
test('the typings are strict, say what the sources do, and refuse misuse', () => typeCheck('types'));
test('the sources for browsers type-check', () => typeCheck('../../js-glue/tsconfig.web.json'));
test('the typings for browsers do the same', () => typeCheck('types/web'));
test('the components are tags in the TSX of React, with their properties and events', () => typeCheck('types/react'));
test('the components are tags in the TSX and templates of Vue, with their properties and events', () =>
  typeCheck('types/vue'));
