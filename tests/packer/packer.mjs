/** Tencent's packer, let loose on a project. */

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { temporaryFolder } from '../folder.mjs';

const JOB = fileURLToPath(new URL('./job.cjs', import.meta.url));
const INSTALLED = fileURLToPath(new URL('./node_modules/miniprogram-ci', import.meta.url));
/** Nobody listens there: what the packer would tell or ask Tencent stays here, with a network as without. */
const NOWHERE = 'http://127.0.0.1:9';
const LONGEST_MS = 100_000;

/** What the packer counts as code, and may leave out when nothing leads to it. */
const CODE = /\.(?:js|wxml|wxss|wxs)$/;

export class Packed {
  /**
   * @param {import('node:test').TestContext} t
   * @param {string} project its folder; packages of npm are built into it
   */
  static async of(t, project) {
    if (!existsSync(INSTALLED)) throw new Error('the packer is missing; run: npm ci in tests/packer');
    const folder = temporaryFolder(t, 'packer');
    // It leaves caches in its home and folders where it stands.
    const home = join(folder, 'home');
    mkdirSync(home);
    const env = { ...process.env, HOME: home, https_proxy: NOWHERE, http_proxy: NOWHERE };
    const out = join(folder, 'out');
    await promisify(execFile)(process.execPath, [JOB, project, out], {
      cwd: home,
      env,
      timeout: LONGEST_MS,
      maxBuffer: 1 << 26,
    }).catch(({ stdout, stderr, message }) => {
      throw new Error(`the packer failed: ${(stderr || stdout || message).slice(-2000)}`);
    });
    return new Packed(out);
  }

  constructor(out) {
    this.out = out;
    /** @type {{ warnings?: object[], packages?: Record<string, number>, files: any[], modules: any[] }} */
    this.report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
  }

  /** The folder with what it compiled. @param {'es6' | 'enhance'} mode */
  compiled(mode) {
    return join(this.out, mode);
  }

  /** Code of the project that nothing leads to. */
  get unused() {
    const used = new Set(this.report.modules.map(({ path }) => path));
    return this.report.files
      .map(({ path }) => path)
      .filter((path) => CODE.test(path) && !path.startsWith('node_modules/') && !used.has(path));
  }

  /** What a file of the project asks for and does not get. */
  get unresolved() {
    return this.report.modules.flatMap(({ id, deps }) =>
      deps
        .filter(({ from, moduleId }) => !moduleId && from !== 'rule') // by rule, a page may have a style sheet and need not
        .map(({ request, error }) => `${id}: ${error ?? request}`),
    );
  }

  /** Whether the path leads from a page to this file. */
  uses(path) {
    return this.report.modules.some((module) => module.path === path);
  }
}
