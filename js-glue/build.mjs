/**
 * Builds the npm package from this folder and the glue that wasm-bindgen generated:
 *
 *     node build.mjs --glue DIR --out DIR
 *
 * `--glue` holds `miniapp_rtc_bg.js` of `wasm-bindgen --target bundler` and `miniapp_rtc_bg.wasm.js` of `wasm2js`; `--out`
 * receives the bundle, the fallback, the typings, the components and package.json. The WASM module itself is put there by `cargo xtask build`.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'acorn';
import { build as bundle, transform } from 'esbuild';
import { makeFallbackFactory } from './fallback-factory.mjs';
import { makeGlueFactory } from './glue-factory.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/**
 * @param {{ glue: string, out: string, minify?: boolean }} folders
 * @returns {Promise<string>} the bundle's path
 */
export async function build({ glue, out, minify = true }) {
  const source = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
  const [, version] = /^version = "(.+)"$/m.exec(readFileSync(join(HERE, '../Cargo.toml'), 'utf8')) || [];
  if (version !== source.version) throw new Error(`Cargo.toml says version ${version}, js-glue/package.json ${source.version}`);
  const outfile = join(out, 'miniapp-rtc.min.js');
  await bundle({
    entryPoints: [join(HERE, 'src/index.js')],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'neutral',
    target: 'es2017',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'error',
    minify,
    define: { __VERSION__: JSON.stringify(source.version), ...ABSENT },
    plugins: [corePlugin(join(glue, 'miniapp_rtc_bg.js'))],
  });
  parse(readFileSync(outfile, 'utf8'), { ecmaVersion: 2017, sourceType: 'script' });
  await buildFallback(join(glue, 'miniapp_rtc_bg.wasm.js'), join(out, 'miniapp-rtc.fallback.js'), minify);

  cpSync(join(HERE, 'index.d.ts'), join(out, 'index.d.ts'));
  cpSync(join(HERE, 'components'), join(out, 'components'), { recursive: true });
  writeFileSync(join(out, 'package.json'), JSON.stringify(publishable(source), null, 2) + '\n');
  return outfile;
}

/** The engines that need it are the oldest, so it is ES5; the mini-program's own build need not transpile it. */
async function buildFallback(script, outfile, minify) {
  const factory = makeFallbackFactory(readFileSync(script, 'utf8'));
  const { code } = await transform(factory, { target: 'es5', minify, charset: 'utf8', legalComments: 'none' });
  parse(code, { ecmaVersion: 5, sourceType: 'script' });
  writeFileSync(outfile, code);
}

/**
 * Names that the glue tests for and does without. An instance of the module is dropped whole, so that nothing in it waits
 * for a finalizer; and a finalizer would still enter a module that has failed.
 */
const ABSENT = Object.fromEntries(
  ['FinalizationRegistry', 'Symbol.dispose', 'self', 'window', 'global'].map((name) => [name, 'undefined']),
);

function corePlugin(path) {
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

/** The manifest of the package that applications install. WeChat DevTools copies the folder that `miniprogram` names. */
function publishable({ version, license }) {
  return {
    name: 'miniapp-rtc',
    version,
    description: 'Audio and video calls for WeChat mini-programs',
    license,
    main: 'miniapp-rtc.min.js',
    types: 'index.d.ts',
    miniprogram: '.',
    files: ['miniapp-rtc.min.js', 'miniapp-rtc.wasm', 'miniapp-rtc.wasm.br', 'miniapp-rtc.fallback.js', 'index.d.ts', 'components'],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { glue: { type: 'string' }, out: { type: 'string' } } });
  if (!values.glue || !values.out) {
    console.error('usage: node build.mjs --glue DIR --out DIR');
    process.exit(2);
  }
  mkdirSync(values.out, { recursive: true });
  await build({ glue: resolve(values.glue), out: resolve(values.out) });
}
