/** The tags of a WXML text, also those behind a false `wx:if`, where a render would not look. */

/**
 * @param {string} source
 * @returns {{ tag: string, line: number }[]} each tag once, with the first line it stands on
 */
export function tagsOf(source) {
  const blank = (text) => text.replace(/[^\n]/g, ' ');
  const text = source
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/(<wxs\b[^>]*>)([\s\S]*?)(<\/wxs>)/g, (_all, open, body, close) => open + blank(body) + close)
    .replace(/\{\{[\s\S]*?\}\}/g, blank);
  const seen = new Map();
  for (const match of text.matchAll(/<([a-zA-Z][\w-]*)/g)) {
    if (!seen.has(match[1])) seen.set(match[1], text.slice(0, match.index).split('\n').length);
  }
  return [...seen].map(([tag, line]) => ({ tag, line }));
}
