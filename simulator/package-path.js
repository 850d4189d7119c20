/** Paths inside a code package: `/` between the parts, no leading slash, `.` and `..` resolved. */

/** @returns {string} the folder part, '' at the root */
export function folderOf(path) {
  const cut = path.lastIndexOf('/');
  return cut < 0 ? '' : path.slice(0, cut);
}

/**
 * @param {...string} parts
 * @returns {string} the joined path; it begins with `..` when it leaves the package
 */
export function joinPath(...parts) {
  const result = [];
  for (const part of parts.join('/').split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && result.length > 0 && result[result.length - 1] !== '..') result.pop();
    else result.push(part);
  }
  return result.join('/');
}

/** What a file means by a path: from the root when it begins with a slash, else from the file's own folder. */
export function resolvePath(path, from) {
  return path.startsWith('/') ? joinPath(path) : joinPath(folderOf(from), path);
}

/** Where a package's file may lie: in the `miniprogram_npm` beside the file that asks, or of any folder above it. */
export function npmPlaces(request, from) {
  const places = [];
  for (let folder = folderOf(from); ; folder = folderOf(folder)) {
    places.push(joinPath(folder, 'miniprogram_npm', request));
    if (folder === '') return places;
  }
}

/** The path that `resolveAlias` of app.json makes of a request: `{ "@/*": "/*" }`. */
export function aliased(request, aliases) {
  for (const [pattern, target] of Object.entries(aliases)) {
    const start = pattern.replace(/\*$/, '');
    if (request.startsWith(start)) return target.replace(/\*$/, '') + request.slice(start.length);
  }
  return request;
}

const encoder = new TextEncoder();

/** Bytes of a text in UTF-8. */
export function utf8Length(text) {
  return encoder.encode(text).length;
}
