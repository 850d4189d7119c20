/** Folders for tests: gone when the test is over, or with the process, however far the test got. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @type {Set<string>} */
const folders = new Set();

function remove(folder) {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

process.once('exit', () => folders.forEach(remove));

/**
 * @param {import('node:test').TestContext} t
 * @param {string} name the folder's name begins with it
 * @returns {string} path
 */
export function temporaryFolder(t, name) {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  folders.add(folder);
  t.after(() => remove(folder));
  return folder;
}
