/** Loads glass-easel and its mini-program adapter into a realm of Node, as if they were files of the base library. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import vm from 'node:vm';

const require = createRequire(import.meta.url);
const asModule = (name) => {
  const file = require.resolve(name);
  return new vm.Script(`(function (exports, require, module) {${readFileSync(file, 'utf8')}\n})`, { filename: file });
};
const easelScript = asModule('glass-easel');
const adapterScript = asModule('glass-easel-miniprogram-adapter');

/**
 * @param {import('../app-service/realm.js').Realm} realm
 * @returns {{ easel: any, adapter: any, evaluate: (source: string) => any }} evaluate: runs generated templates in the
 *   realm
 */
export function loadFramework(realm) {
  const easel = load(realm, easelScript, {});
  const adapter = load(realm, adapterScript, { 'glass-easel': easel });
  return {
    easel,
    adapter,
    evaluate: (source) => realm.run(new vm.Script(source, { filename: 'simulator:templates' })),
  };
}

function load(realm, script, dependencies) {
  const module = realm.handOver({ exports: {} });
  const requireDependency = (name) => {
    if (name in dependencies) return dependencies[name];
    throw new Error(`the framework asks for '${name}'`);
  };
  realm.run(script)(module.exports, requireDependency, module);
  return module.exports;
}
