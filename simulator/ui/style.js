/**
 * A light check of WXSS: imports that exist, braces that match, no package file in `url()`. Nothing is laid out in
 * Node.
 */

import { resolvePath } from '../package-path.js';

/**
 * @param {string} path
 * @param {import('../package-files.js').PackageFiles} files
 * @returns {string[]} what is wrong
 */
export function checkStyleSheet(path, files) {
  const text = files.text(path).replace(/\/\*[\s\S]*?\*\//g, '');
  const problems = [];
  const open = text.split('{').length - 1;
  const closed = text.split('}').length - 1;
  if (open !== closed) problems.push(`${open} '{' but ${closed} '}'`);
  for (const match of text.matchAll(/@import\s+(?:url\()?["']([^"']+)["']/g)) {
    const target = resolvePath(match[1], path);
    if (!files.has(target)) problems.push(`@import '${match[1]}': no such file`);
  }
  for (const match of text.matchAll(/url\(\s*["']?([^"')]+)/g)) {
    if (/^(data:|https?:|\/\/)/.test(match[1]) || match[1].endsWith('.wxss')) continue;
    problems.push(`url(${match[1]}): a style sheet can use network or base64 pictures only`);
  }
  return problems;
}
