/**
 * A form: which button belongs to it, and the values of the fields that belong to it, also through components that say
 * so.
 */

/**
 * The form that a button's `form-type` speaks to. It leaves a component only where that has the behavior
 * `wx://form-field-button`.
 * @param {any} button element
 * @param {import('./framework.js').Framework} framework
 * @returns {any | null} element of the form
 */
export function formOf(button, framework) {
  let node = button;
  while (node) {
    if (framework.builtInTag(node) === 'form') return node;
    const parent = node.parentNode;
    if (parent && !framework.isShadowRoot(parent)) {
      node = parent;
      continue;
    }
    const host = node.ownerShadowRoot?.getHostNode();
    node = host && framework.hasBehavior(host, 'wx://form-field-button') ? host : null;
  }
  return null;
}

/**
 * @param {any} form element
 * @param {import('./framework.js').Framework} framework
 * @returns {Record<string, unknown>} what `submit` tells, by name
 */
export function formValues(form, framework) {
  const values = {};
  const collect = (node) => {
    if (typeof node.forEachComposedChild !== 'function') return;
    if (node !== form && belongs(node, form, framework)) {
      const { name, checked, value } = node.data ?? {};
      const tag = framework.builtInTag(node);
      if (tag !== 'button' && typeof name === 'string' && name !== '' && isField(node, tag, framework)) {
        values[name] = tag === 'switch' ? checked : value;
      }
    }
    node.forEachComposedChild(collect);
  };
  collect(form);
  return values;
}

function isField(node, tag, framework) {
  return tag !== undefined || framework.hasBehavior(node, 'wx://form-field');
}

/**
 * A field inside a component belongs to a form outside only where the component has the behavior
 * `wx://form-field-group`.
 */
function belongs(node, form, framework) {
  for (let root = node.ownerShadowRoot; root; root = root.getHostNode().ownerShadowRoot) {
    if (root === form.ownerShadowRoot) return true;
    if (!framework.hasBehavior(root.getHostNode(), 'wx://form-field-group')) return false;
  }
  return false;
}
