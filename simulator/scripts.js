/** The scripts of a package as they run: CommonJS as it stands, ES modules and TypeScript compiled to it, as DevTools does. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { transform, transformSync } from 'esbuild';

/** Enough at once: each waits in memory. */
const AT_ONCE = 64;

/**
 * What was compiled, by place on disk: many phones run one package.
 * @type {Map<string, { stamp: string, code?: string, error?: Error }>}
 */
const compiled = new Map();

export class Scripts {
  /** @param {import('./package-files.js').PackageFiles} files */
  constructor(files) { this.files = files; }

  /** @param {string} path ends in `.js`, whatever the file is written in @returns {boolean} */
  has(path) { return this.#source(path) !== undefined; }

  /** The file that holds a script: `page.js`, or `page.ts` where there is no `page.js`. */
  #source(path) {
    return [path, path.replace(/\.js$/, '.ts')].find((candidate) => this.files.has(candidate));
  }

  /** Compiles every script of the package that needs it, so that `code` has nothing to wait for. */
  async prepare() {
    const wanted = [];
    for (const path of scriptsUnder(this.files.root)) {
      const job = this.#job(path);
      if (job && !job.known) wanted.push(job);
    }
    while (wanted.length > 0) {
      await Promise.all(wanted.splice(0, AT_ONCE).map(async (job) => {
        try {
          keep(job, { code: (await transform(job.text, job.how)).code });
        } catch (error) {
          keep(job, { error: readable(error) });
        }
      }));
    }
  }

  /**
   * @param {string} path ends in `.js`
   * @returns {string} CommonJS
   * @throws {SyntaxError} `file:line:column: what is wrong`
   */
  code(path) {
    const source = this.#source(path) ?? path;
    const job = this.#job(source);
    if (!job) return this.files.text(source);
    if (!job.known) {
      try {
        keep(job, { code: transformSync(job.text, job.how).code });
      } catch (error) {
        keep(job, { error: readable(error) });
      }
    }
    const { code, error } = compiled.get(job.place);
    if (error) throw error;
    return code;
  }

  /** @returns what is to be compiled, null for a file that runs as it stands */
  #job(path) {
    const place = join(this.files.root, path);
    const { mtimeMs, size } = statSync(place);
    const stamp = `${mtimeMs} ${size}`;
    const known = compiled.get(place)?.stamp === stamp;
    if (known) return { place, known };
    const text = this.files.text(path);
    const typed = path.endsWith('.ts');
    if (!typed && !isModule(text)) return null;
    return { place, known, stamp, text, how: { loader: typed ? 'ts' : 'js', format: 'cjs', sourcefile: path, tsconfigRaw: '{}', logLevel: 'silent' } };
  }
}

/** Whether a script is an ES module: one of its words is there, and as CommonJS it cannot be parsed. */
function isModule(text) {
  if (!/\b(?:import|export)\b/.test(text)) return false;
  try {
    new vm.Script(`(function () {'use strict';${text}\n})`);
    return false;
  } catch {
    return true;
  }
}

function keep({ place, stamp }, result) { compiled.set(place, { stamp, ...result }); }

function readable(error) {
  const [first] = error.errors ?? [];
  if (!first) return error;
  const { file, line, column, lineText } = first.location ?? { file: '?', line: 0, column: 0, lineText: '' };
  return new SyntaxError(`${file}:${line}:${column + 1}: ${first.text}: ${lineText.trim()}`);
}

/** Package paths of scripts; `node_modules` is not part of a package. */
function scriptsUnder(root, folder = '') {
  const found = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.')) found.push(...scriptsUnder(root, path));
    if (entry.isFile() && /\.[jt]s$/.test(entry.name) && !entry.name.endsWith('.d.ts')) found.push(path);
  }
  return found;
}
