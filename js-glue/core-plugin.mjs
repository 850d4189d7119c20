import { readFileSync } from 'node:fs';
import { makeGlueFactory } from './glue-factory.mjs';

/**
 * Names that the glue tests for and does without. An instance of the module is dropped whole, so that nothing in it
 * waits for a finalizer; and a finalizer would still enter a module that has failed.
 */
export const ABSENT = Object.fromEntries(
  ['FinalizationRegistry', 'Symbol.dispose', 'self', 'window', 'global'].map((name) => [name, 'undefined']),
);

/** Puts the core's glue in for the name `#core`. @param {string} path of what wasm-bindgen wrote */
export function corePlugin(path) {
  return {
    name: 'core',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^#core$/ }, () => ({ path, namespace: 'core' }));
      esbuild.onLoad({ filter: /.*/, namespace: 'core' }, () => ({
        contents: makeGlueFactory(readFileSync(path, 'utf8')),
        loader: 'js',
      }));
    },
  };
}
