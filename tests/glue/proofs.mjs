/** Tests that a document names as proofs: `file`: “test”; “test of the same file”; `another file`: “test”. */

import { existsSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);

/** @param {string} name of a file, from the root of the repository */
export const read = (name) => readFileSync(new URL(name, ROOT), 'utf8');

/**
 * The bodies of all tables of a document: for each row its cells.
 * @param {string} text
 * @returns {{ cells: string[], line: string }[]}
 */
export function rows(text) {
  const found = [];
  let isBody = false;
  for (const line of text.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells.length < 3) isBody = false;
    else if (cells[1].startsWith('---')) isBody = true;
    else if (isBody) found.push({ cells: cells.slice(1, -1), line });
  }
  return found;
}

/**
 * @param {string} cell
 * @returns {{ file: string, test: string }[]}
 */
export function proofsOf(cell) {
  const proofs = [];
  let file = '';
  for (const [, named, test] of cell.matchAll(/`([^`]*)`|“([^”]*)”/g)) {
    if (test === undefined) file = named;
    else proofs.push({ file, test });
  }
  return proofs;
}

/** @param {{ file: string, test: string }} proof */
export function isTest({ file, test }) {
  if (!existsSync(new URL(file, ROOT))) return false;
  const text = read(file);
  if (file.endsWith('.rs'))
    return new RegExp(`#\\[(tokio::)?test[^\\n]*\\n(\\s*#\\[[^\\n]*\\n)*\\s*(async )?fn ${test}\\(\\)`).test(text);
  return ["'", '"', '`'].some((quote) => {
    const before = text.split(`${quote}${test}${quote}`);
    return before.slice(0, -1).some((part) => part.trimEnd().endsWith('test('));
  });
}
