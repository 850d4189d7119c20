import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Files that every package has. */
export const LICENCES = ['LICENSE-MIT', 'LICENSE-APACHE'];

/**
 * Makes an npm package's folder, with what every package has.
 * @param {string} parent
 * @param {{ name: string }} manifest
 * @param {string} [folder] its name, if not the package's
 * @returns {string} its path
 */
export function packageFolder(parent, manifest, folder = manifest.name) {
  const path = join(parent, folder);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const licence of LICENCES) cpSync(join(ROOT, licence), join(path, licence));
  return path;
}
