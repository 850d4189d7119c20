/**
 * Builds the SDK from this folder and the glue that wasm-bindgen generated:
 *
 *     node build.mjs --glue DIR --out DIR --web DIR
 *
 * `--glue` holds `miniapp_rtc_bg.js` of `wasm-bindgen --target bundler` and `miniapp_rtc_bg.wasm.js` of `wasm2js`;
 * `--out` receives the bundle, the fallback, the typings and the components, to be copied by hand, and under `npm` the
 * npm packages; `--web` receives the npm package for browsers. `cargo xtask build` puts the WASM module itself there.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'acorn';
import { build as bundle, transform } from 'esbuild';
import { makeComponent } from './component-factory.mjs';
import { makeFallbackFactory } from './fallback-factory.mjs';
import { LICENCES, packageFolder } from './package-folder.mjs';
import { buildWeb } from './build-web.mjs';
import { ABSENT, corePlugin } from './core-plugin.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/**
 * @param {{ glue: string, out: string, minify?: boolean }} folders
 * @returns {Promise<string>} the bundle's path
 */
export async function build({ glue, out, minify = true }) {
  const source = readSource();
  const outfile = join(out, 'miniapp-rtc.min.js');
  await buildScript(glue, outfile, minify, source, [IN_LIBRARY, IN_NPM]);
  const fallback = join(out, 'miniapp-rtc.fallback.js');
  await buildFallback(join(glue, 'miniapp_rtc_bg.wasm.js'), fallback, minify);
  cpSync(join(HERE, 'index.d.ts'), join(out, 'index.d.ts'));
  copyComponents(out);

  const main = packageFolder(join(out, 'npm'), publishable(source));
  await buildScript(glue, join(main, 'index.js'), minify, source, [IN_NPM, IN_LIBRARY]);
  for (const file of TYPINGS) cpSync(join(HERE, file), join(main, file));
  cpSync(join(HERE, 'npm/README.md'), join(main, 'README.md'));
  copyComponents(main);
  cpSync(fallback, join(packageFolder(join(out, 'npm'), fallbackPackage(source)), 'index.js'));
  return outfile;
}

/** What package.json says; its version is the crate's. */
function readSource() {
  const source = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
  const [, version] = /^version = "(.+)"$/m.exec(readFileSync(join(HERE, '../Cargo.toml'), 'utf8')) || [];
  if (version !== source.version)
    throw new Error(`Cargo.toml says version ${version}, js-glue/package.json ${source.version}`);
  return source;
}

/**
 * The bundle for one way of installing it.
 * @param {string[]} places where the module may lie, counted from the root of the code package, the likeliest first
 */
async function buildScript(glue, outfile, minify, source, places) {
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
    define: { __VERSION__: JSON.stringify(source.version), __PLACES__: JSON.stringify(places), ...ABSENT },
    // `import RTC from 'miniapp-rtc'`: importers of an ES module in CommonJS take its `default`.
    footer: { js: 'Object.defineProperty(module.exports,"default",{value:module.exports});' },
    plugins: [corePlugin(join(glue, 'miniapp_rtc_bg.js'))],
  });
  parse(readFileSync(outfile, 'utf8'), { ecmaVersion: 2017, sourceType: 'script' });
}

/** The engines that need it are the oldest, so it is ES5; the mini-program's own build need not transpile it. */
async function buildFallback(script, outfile, minify) {
  const factory = makeFallbackFactory(readFileSync(script, 'utf8'));
  const { code } = await transform(factory, { target: 'es5', minify, charset: 'utf8', legalComments: 'none' });
  parse(code, { ecmaVersion: 5, sourceType: 'script' });
  writeFileSync(outfile, code);
}

/** What runs: a mini-program carries everything that lies in its folder. */
function copyComponents(folder) {
  const shared = readFileSync(join(HERE, 'components/native-tag.js'), 'utf8');
  for (const name of ['v-pusher', 'v-player']) {
    const [from, to] = [HERE, folder].map((place) => join(place, 'components', name));
    cpSync(from, to, { recursive: true, filter: (path) => !/\.(md|js)$/.test(path) });
    writeFileSync(join(to, `${name}.js`), makeComponent(readFileSync(join(from, `${name}.js`), 'utf8'), shared));
  }
}

/**
 * The manifest of the package that applications install. WeChat DevTools copies the folder that `miniprogram` names,
 * and resolves the package's name as its `index.js`.
 */
function publishable({ version, license, repository }) {
  return {
    name: 'miniapp-rtc',
    version,
    description: 'Audio and video calls for WeChat mini-programs',
    keywords: ['wechat', 'weixin', 'miniprogram', 'weapp', 'rtc', 'live-pusher', 'live-player', 'webassembly'],
    license,
    repository,
    main: 'index.js',
    types: 'index.d.ts',
    miniprogram: '.',
    files: ['index.js', 'miniapp-rtc.wasm', ...TYPINGS, 'components', ...LICENCES],
  };
}

/**
 * A package of its own: twice as large as all the rest, and only for applications that support base libraries below
 * 2.13.0.
 */
function fallbackPackage({ version, license, repository }) {
  return {
    name: 'miniapp-rtc-fallback',
    version,
    description: 'The core of miniapp-rtc as JavaScript, for WeChats without WXWebAssembly',
    license,
    repository,
    main: 'index.js',
    miniprogram: '.',
    files: ['index.js', ...LICENCES],
  };
}

/** Of the script, of the components, and of the components as tags in the TSX and templates of React and of Vue. */
const TYPINGS = ['index.d.ts', 'components.d.ts', 'react.d.ts', 'vue.d.ts'];

/** Where the module lies when it is copied by hand, as the guide says, and where "build npm" puts it. */
const IN_LIBRARY = 'lib/miniapp-rtc.wasm';
const IN_NPM = 'miniprogram_npm/miniapp-rtc/miniapp-rtc.wasm';

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { glue: { type: 'string' }, out: { type: 'string' }, web: { type: 'string' } },
  });
  const { glue, out, web } = values;
  if (!glue || !out || !web) {
    console.error('usage: node build.mjs --glue DIR --out DIR --web DIR');
    process.exit(2);
  }
  mkdirSync(out, { recursive: true });
  await build({ glue: resolve(glue), out: resolve(out) });
  await buildWeb({ glue: resolve(glue), out: resolve(web), source: readSource() });
}
