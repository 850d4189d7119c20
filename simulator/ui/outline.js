/** A page as text: one line a node, indented, with what tells it apart and what it shows. */

const LONGEST_TEXT = 60;

/** @param {any} root element @param {import('./framework.js').Framework} framework @returns {string} */
export function outline(root, framework) {
  const lines = [];
  walk(root, 0);
  return lines.join('\n');

  function walk(node, depth) {
    if (typeof node.forEachComposedChild !== 'function') {
      const text = String(node.textContent ?? '')
        .replace(/\s+/g, ' ')
        .trim();
      if (text !== '') lines.push(`${'  '.repeat(depth)}"${text.slice(0, LONGEST_TEXT)}"`);
      return;
    }
    const isNode = node.data !== undefined && node !== root;
    if (isNode) lines.push('  '.repeat(depth) + name(node, framework));
    node.forEachComposedChild((child) => walk(child, isNode ? depth + 1 : depth));
  }
}

function name(node, framework) {
  const classes = (node.class ?? '')
    .split(/\s+/)
    .filter(Boolean)
    .map((part) => `.${part}`)
    .join('');
  const off = node.data.disabled === true ? ' (disabled)' : '';
  return `${framework.builtInTag(node) ?? node.tagName}${node.id ? `#${node.id}` : ''}${classes}${off}`;
}
