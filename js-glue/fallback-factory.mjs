import { parse } from 'acorn';

/**
 * The module as JavaScript, for WeChats without WXWebAssembly: what binaryen's `wasm2js` wrote, as a factory. Each call
 * of the factory takes the imports that `WXWebAssembly.instantiate` takes, and gives the exports of a new instance.
 *
 * @param {string} script text of `X_bg.wasm.js`
 * @returns {string} text of a CommonJS module whose exports are the factory
 */
export function makeFallbackFactory(script) {
  const exported = [];
  let imported = '';
  let body = '';
  let copied = 0;
  for (const statement of parse(script, { ecmaVersion: 'latest', sourceType: 'module' }).body) {
    if (!/^(Import|Export)/.test(statement.type)) continue;
    body += script.slice(copied, statement.start);
    copied = statement.end;
    const declared = statement.type === 'ExportNamedDeclaration' && statement.declaration;
    if (statement.type === 'ImportDeclaration' && statement.specifiers[0]?.type === 'ImportNamespaceSpecifier') {
      imported += `var ${statement.specifiers[0].local.name} = imports[${statement.source.raw}];\n`;
    } else if (declared && declared.type === 'VariableDeclaration') {
      for (const { id, init } of declared.declarations)
        exported.push(`${id.name}: ${script.slice(init.start, init.end)}`);
    } else {
      const found = script.slice(statement.start, statement.end);
      throw new Error(`wasm2js: expected only whole imports and exported variables, found: ${found}`);
    }
  }
  if (!imported || !exported.some((entry) => entry.startsWith('memory:'))) {
    throw new Error('wasm2js: no import or no exported memory; adapt fallback-factory.mjs');
  }
  body += `${script.slice(copied)}\nreturn { ${exported.join(', ')} };\n`;
  return `module.exports = function (imports) {\n${imported}${body}};\n`;
}
