/** Builds the npm package for browsers, but for the WASM module, which `cargo xtask build` puts there. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';
import { ABSENT, corePlugin } from './core-plugin.mjs';
import { LICENCES, packageFolder } from './package-folder.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/**
 * @param {{ glue: string, out: string, source: object, minify?: boolean }} folders `source`: what package.json says
 * @returns {Promise<string>} the script's path
 */
export async function buildWeb({ glue, out, source, minify = true }) {
  const folder = packageFolder(dirname(out), manifest(source), basename(out));
  const outfile = join(folder, 'index.js');
  await bundle({
    entryPoints: [join(HERE, 'src/web/index.js')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['web'],
    target: BROWSERS,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'error',
    minify,
    define: { __VERSION__: JSON.stringify(source.version), ...ABSENT },
    plugins: [corePlugin(join(glue, 'miniapp_rtc_bg.js'))],
  });
  for (const file of ['README.md', 'README.zh-CN.md']) cpSync(join(HERE, 'web', file), join(folder, file));
  writeFileSync(join(folder, 'index.d.ts'), typings());
  cpSync(join(HERE, 'index.d.ts'), join(folder, ROOM_TYPINGS));
  return outfile;
}

/** The typings of browsers build on those of mini-programs, which lie beside them in the package. */
function typings() {
  const text = readFileSync(join(HERE, 'web/index.d.ts'), 'utf8');
  const installed = text.replaceAll("'../index.js'", `'./${ROOM_TYPINGS.replace('.d.ts', '.js')}'`);
  if (installed === text) throw new Error('js-glue/web/index.d.ts no longer imports ../index.js; adapt build-web.mjs');
  return installed;
}

function manifest({ version, license, repository }) {
  return {
    name: 'miniapp-rtc-web',
    version,
    description: 'Audio and video calls with WeChat mini-programs, from a browser',
    keywords: ['wechat', 'weixin', 'miniprogram', 'rtc', 'webrtc', 'whip', 'whep', 'webassembly'],
    license,
    repository,
    type: 'module',
    main: 'index.js',
    types: 'index.d.ts',
    exports: { '.': { types: './index.d.ts', default: './index.js' }, './miniapp-rtc.wasm': './miniapp-rtc.wasm' },
    sideEffects: false,
    files: ['index.js', 'index.d.ts', ROOM_TYPINGS, 'miniapp-rtc.wasm', 'README.zh-CN.md', ...LICENCES],
  };
}

/** The first versions whose WebRTC and WebAssembly the package needs; older ones lack one of the two. */
const BROWSERS = ['chrome87', 'edge87', 'firefox100', 'safari15'];
const ROOM_TYPINGS = 'room.d.ts';
