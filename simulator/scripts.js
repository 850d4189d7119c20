/**
 * The scripts of a package as they run: CommonJS as it stands, ES modules and TypeScript compiled to it, as DevTools
 * does.
 */

import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { transform, transformSync } from 'esbuild';

/** Enough at once: each waits in memory. */
const AT_ONCE = 64;

/**
 * What was compiled, by content: many phones run one package, and many packages hold one library.
 * @type {Map<string, { code?: string, error?: Error }>} `code` undefined with no error: it runs as it stands
 */
const compiled = new Map();

export class Scripts {
  /** @param {import('./package-files.js').PackageFiles} files */
  constructor(files) {
    this.files = files;
  }

  /** @param {string} path ends in `.js`, whatever the file is written in @returns {boolean} */
  has(path) {
    return this.#source(path) !== undefined;
  }

  /** The file that holds a script: `page.js`, or `page.ts` where there is no `page.js`. */
  #source(path) {
    return [path, path.replace(/\.js$/, '.ts')].find((candidate) => this.files.has(candidate));
  }

  /** Compiles every script of the package that needs it, so that `code` has nothing to wait for. */
  async prepare() {
    const wanted = scriptsUnder(this.files.root)
      .map((path) => this.#job(path))
      .filter((job) => !compiled.has(job.key));
    while (wanted.length > 0) {
      await Promise.all(
        wanted.splice(0, AT_ONCE).map(async (job) => {
          if (!isWanted(job)) return;
          try {
            keep(job, { code: (await transform(job.text, job.how)).code });
          } catch (error) {
            keep(job, { error });
          }
        }),
      );
    }
  }

  /**
   * @param {string} path ends in `.js`
   * @returns {string} CommonJS
   * @throws {SyntaxError} `file:line:column: what is wrong`
   */
  code(path) {
    const job = this.#job(this.#source(path) ?? path);
    if (!compiled.has(job.key) && isWanted(job)) {
      try {
        keep(job, { code: transformSync(job.text, job.how).code });
      } catch (error) {
        keep(job, { error });
      }
    }
    const { code, error } = compiled.get(job.key);
    if (error) throw readable(error, job.path);
    return code ?? job.text;
  }

  #job(path) {
    const text = this.files.text(path);
    const loader = path.endsWith('.ts') ? 'ts' : 'js';
    const key = createHash('sha1').update(`${loader} ${text}`).digest('base64');
    return { path, text, key, how: { loader, format: 'cjs', sourcefile: path, tsconfigRaw: '{}', logLevel: 'silent' } };
  }
}

/** Whether a script must go through the compiler; remembers it of one that need not. */
function isWanted(job) {
  if (job.how.loader === 'ts' || isModule(job.text)) return true;
  keep(job, {});
  return false;
}

function keep({ key }, result) {
  compiled.set(key, result);
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

/** The compiler's first complaint. Files of one content share it, so the file is named anew. */
function readable(error, path) {
  const [first] = error.errors ?? [];
  if (!first) return error;
  const { line, column, lineText } = first.location ?? { line: 0, column: 0, lineText: '' };
  return new SyntaxError(`${path}:${line}:${column + 1}: ${first.text}: ${lineText.trim()}`);
}

/** Package paths of scripts; `node_modules` is not part of a package. */
function scriptsUnder(root, folder = '') {
  const found = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
      found.push(...scriptsUnder(root, path));
    if (entry.isFile() && /\.[jt]s$/.test(entry.name) && !entry.name.endsWith('.d.ts')) found.push(path);
  }
  return found;
}
