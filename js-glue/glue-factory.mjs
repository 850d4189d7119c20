import { parse } from 'acorn';

/**
 * The glue of `wasm-bindgen --target bundler` as a factory. Each call of the factory gives the bindings of one WASM
 * instance, and what the glue takes from the global object comes from the factory's argument instead.
 *
 * @param {string} glue text of `X_bg.js`
 * @returns {string} text of an ES module whose default export is the factory
 */
export function makeGlueFactory(glue) {
  const text = refreshViewsByBuffer(glue);
  const exported = [];
  let body = '';
  let copied = 0;
  for (const statement of parse(text, { ecmaVersion: 'latest', sourceType: 'module' }).body) {
    if (!/^(Import|Export)/.test(statement.type)) continue;
    const declared = statement.type === 'ExportNamedDeclaration' && statement.declaration;
    if (!declared?.id) {
      throw new Error(
        `glue: expected only exported functions and classes, found: ${text.slice(statement.start, statement.end)}`,
      );
    }
    exported.push(declared.id.name);
    body += text.slice(copied, statement.start);
    copied = declared.start;
  }
  for (const required of ['Core', '__wbg_set_wasm']) {
    if (!exported.includes(required)) throw new Error(`glue: exports no ${required}`);
  }
  body += `${text.slice(copied)}\nreturn { ${exported.join(', ')} };\n`;
  return `export default function ({ ${STAND_INS.join(', ')} }) {\n${body}}\n`;
}

/**
 * Makes the cached views of the memory follow its buffer. As generated they are renewed when the old buffer is
 * detached, and a memory that grows without detaching (wasm2js, engines where `detached` is a polyfill) would leave
 * them stale.
 */
function refreshViewsByBuffer(glue) {
  const patched = glue.replace(
    /if \((cached(\w+)Memory0) === null \|\| [^\n]+\) \{\n(\s+\1 = new \2\(wasm\.memory\.buffer\);)/g,
    'if ($1 === null || $1.buffer !== wasm.memory.buffer) {\n$3',
  );
  const views = patched.match(/cached\w+Memory0 = null/g) || [];
  const followed = patched.match(/=== null \|\| cached\w+Memory0\.buffer !== wasm\.memory\.buffer\) \{/g) || [];
  if (!views.length || views.length !== followed.length) {
    throw new Error(
      `glue: ${views.length} cached views of the memory, ${followed.length} of them patched; adapt glue-factory.mjs`,
    );
  }
  return patched;
}

/** The names that `src/loader.js` gives the factory. */
const STAND_INS = ['WebSocket', 'TextEncoder', 'TextDecoder', 'setTimeout', 'queueMicrotask', 'globalThis'];
