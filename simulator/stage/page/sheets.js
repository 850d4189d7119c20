/** WXSS for a browser: the sheets of a mini-program, rewritten rule by rule as the browser itself has parsed them. */

/** Tags of WXML, which stand in a document as `wx-` elements. */
const TAG = /(^|[\s>+~,(])(page|[a-z][a-z-]*)(?=$|[\s>+~,.:#[)])/g;
const CLASS = /\.(-?[_a-zA-Z\u0080-\uffff][\w\u0080-\uffff-]*)/g;

/**
 * Puts the sheets into a document, in their order; those of a page are on only while it is shown.
 * @param {Document} document of one phone
 * @param {{ scope: number, page?: string, css: string }[]} sheets
 * @returns {(page: string) => void} shows another page
 */
export function adoptSheets(document, sheets) {
  const { CSSStyleSheet } = document.defaultView;
  const known = sheets.map(({ scope, page, css }) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    rewrite(sheet.cssRules, scope);
    return { page, sheet };
  });
  return (page) => {
    document.adoptedStyleSheets = known
      .filter((one) => one.page === undefined || one.page === page)
      .map(({ sheet }) => sheet);
  };
}

function rewrite(rules, scope) {
  for (const rule of rules) {
    if (rule.selectorText !== undefined) rule.selectorText = rewritten(rule.selectorText, scope);
    else if (rule.cssRules) rewrite(rule.cssRules, scope);
  }
}

/** As `sheets.js` of the stage names classes; the outside of a component is as weak as a tag. */
function rewritten(selector, scope) {
  const tagged = selector.replace(TAG, (all, before, tag) => (tag.startsWith('wx-') ? all : `${before}wx-${tag}`));
  if (scope === 0) return tagged;
  return tagged
    .replace(CLASS, (_all, name) => `.c${scope}--${name}`)
    .replace(/:host(?:\(([^)]*)\))?/g, (_all, inside = '') => `:where([data-scope="${scope}"])${inside}`);
}
