import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeFallbackFactory } from '../../js-glue/fallback-factory.mjs';

/** The shape of what binaryen 132 writes: one import, a memory made by a call, exports of its members. */
const SCRIPT = `import * as $_x_bg_js from './x_bg.js';
var calls = 0;
function asmFunc(imports) {
  return { memory: { buffer: new ArrayBuffer(8) }, call: function () { calls = calls + 1; return imports.x.double(calls); } };
}
var retasmFunc = asmFunc({ x: $_x_bg_js });
export var memory = retasmFunc.memory;
export var call = retasmFunc.call;
`;

function load(script) {
  const module = { exports: undefined };
  new Function('module', makeFallbackFactory(script))(module);
  return module.exports;
}

test('each call makes an instance of its own from the imports it was given', () => {
  const create = load(SCRIPT);
  const [one, two] = [2, 10].map((factor) => create({ './x_bg.js': { double: (value) => value * factor } }));
  assert.deepEqual([one.call(), one.call(), two.call()], [2, 4, 10]);
  assert.notEqual(one.memory, two.memory);
  assert.deepEqual(Object.keys(one), ['memory', 'call']);
});

test('a script of another shape stops the build', () => {
  assert.throws(() => makeFallbackFactory(`${SCRIPT}export default 1;`), /found: export default/);
  assert.throws(() => makeFallbackFactory(`import { a } from './a.js';\n${SCRIPT}`), /found: import \{ a \}/);
  assert.throws(() => makeFallbackFactory(SCRIPT.replace('export var memory', 'var memory')), /no exported memory/);
});
