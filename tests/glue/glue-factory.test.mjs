import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeGlueFactory } from '../../js-glue/glue-factory.mjs';

/** The shape of what wasm-bindgen 0.2.129 writes for the bundler target, with one import of the module. */
const GLUE = `
export class Core {
    read(start, end) { return new TextDecoder().decode(getUint8ArrayMemory0().subarray(start, end)); }
}
export function __wbg_setTimeout_0123456789abcdef(callback) {
    return setTimeout(callback);
}
let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
}
let wasm;
export function __wbg_set_wasm(val) {
    wasm = val;
}
`;

const load = async (glue) =>
  (await import(`data:text/javascript,${encodeURIComponent(makeGlueFactory(glue))}`)).default;
const bytes = (text) => ({ buffer: new TextEncoder().encode(text).buffer });

test('each call gives bindings of their own, with the stand-ins it was given', async () => {
  const createGlue = await load(GLUE);
  const [one, two] = ['one', 'two'].map((name) => createGlue({ TextDecoder, setTimeout: () => name }));
  one.__wbg_set_wasm({ memory: bytes('first') });
  two.__wbg_set_wasm({ memory: bytes('other') });
  assert.equal(new one.Core().read(0, 5), 'first');
  assert.equal(new two.Core().read(0, 5), 'other');
  assert.equal(one.__wbg_setTimeout_0123456789abcdef(), 'one');
  assert.equal(two.__wbg_setTimeout_0123456789abcdef(), 'two');
});

test('a view follows a memory whose buffer is replaced without being detached', async () => {
  const glue = (await load(GLUE))({ TextDecoder });
  const wasm = { memory: bytes('old') };
  glue.__wbg_set_wasm(wasm);
  const core = new glue.Core();
  assert.equal(core.read(0, 3), 'old');
  wasm.memory = bytes('newer');
  assert.equal(core.read(0, 5), 'newer');
});

test('glue of another shape stops the build', () => {
  assert.throws(() => makeGlueFactory(GLUE.replace('=== null || cached', '=== null|| cached')), /adapt glue-factory/);
  assert.throws(() => makeGlueFactory(GLUE.replaceAll('cachedUint8ArrayMemory0', 'view')), /0 cached views/);
  assert.throws(() => makeGlueFactory(`import './snippet.js';${GLUE}`), /found: import/);
  assert.throws(() => makeGlueFactory(`${GLUE}export default 1;`), /found: export default/);
  assert.throws(() => makeGlueFactory(GLUE.replace('export class Core', 'export class Other')), /exports no Core/);
});
