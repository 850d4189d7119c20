/** A handle on one node of a page, for tests: what it shows, and what a user can do to it. */

import { touchFields } from './event-face.js';
import { formOf, formValues } from './form.js';

const TEXT_INPUTS = ['input', 'textarea'];

export class NodeHandle {
  /** @param {any} element glass-easel element @param {import('./framework.js').Framework} framework */
  constructor(element, framework) {
    this.element = element;
    this.framework = framework;
  }

  /** Tag as written in the template. */
  get tag() {
    return this.framework.builtInTag(this.element) ?? this.element.tagName;
  }

  get id() {
    return this.element.id;
  }

  get dataset() {
    return copy(this.element.dataset);
  }

  /** Data and properties, as plain values of the test's own realm. */
  get data() {
    return copy(this.element.data);
  }

  /** The component instance, as `selectComponent` gives it. */
  get instance() {
    return this.element.getMethodCaller();
  }

  get attached() {
    return this.framework.easel.Element.isAttached(this.element);
  }

  /** The first node inside that matches, through component borders. See `find`. */
  find(selector) {
    return find(this.element, selector, this.framework);
  }

  findAll(selector) {
    return findAll(this.element, selector, this.framework);
  }

  /** All text inside, in the order it is shown. */
  text() {
    const parts = [];
    walk(this.element, (node) => {
      if (typeof node.textContent === 'string' && !isElement(node)) parts.push(node.textContent);
      return true;
    });
    return parts.join(' ').replace(/\s+/g, ' ').trim();
  }

  /** A finger on the node. A disabled control does nothing; a submit button submits its form. */
  tap() {
    const tag = this.tag;
    if (this.element.data?.disabled === true) return;
    this.trigger('tap', { x: 0, y: 0 }, { bubbles: true, composed: true, extraFields: touchFields() });
    if (tag === 'button' && this.element.data.formType) this.#submit(this.element.data.formType);
    if (tag === 'switch') {
      this.element.setData({ checked: !this.element.data.checked });
      this.trigger('change', { value: this.element.data.checked });
    }
  }

  /** Types a whole value into an input or textarea. */
  input(value) {
    if (!TEXT_INPUTS.includes(this.tag)) throw new Error(`<${this.tag}> takes no text`);
    if (this.element.data.disabled) return;
    const text = String(value).slice(0, this.element.data.maxlength < 0 ? undefined : this.element.data.maxlength);
    this.element.setData({ value: text });
    this.trigger('input', { value: text, cursor: text.length, keyCode: 0 });
  }

  /** Fires any event on the node. */
  trigger(event, detail = {}, options = {}) {
    this.framework.service.enter(`${event} on <${this.tag}>`, () =>
      this.framework.trigger(this.element, event, detail, options),
    );
  }

  #submit(kind) {
    const form = formOf(this.element, this.framework);
    if (!form) return;
    const value = kind === 'submit' ? formValues(form, this.framework) : {};
    new NodeHandle(form, this.framework).trigger(kind, kind === 'submit' ? { value } : {});
  }
}

/**
 * The first match, depth first, also inside components. A selector is `*`, a tag (`live-pusher`), `#id`, `.class`, or
 * these joined (`button.primary`), with spaces for descendants.
 * @returns {NodeHandle | null}
 */
export function find(root, selector, framework) {
  return findAll(root, selector, framework)[0] ?? null;
}

/** @returns {NodeHandle[]} */
export function findAll(root, selector, framework) {
  let roots = [root];
  for (const part of selector.trim().split(/\s+/)) {
    const matches = matcher(part, framework);
    const found = new Set();
    for (const start of roots) {
      walk(start, (node) => {
        if (node !== start && isElement(node) && matches(node)) found.add(node);
        return true;
      });
    }
    roots = [...found];
  }
  return roots.map((element) => new NodeHandle(element, framework));
}

function matcher(part, framework) {
  const pieces = part.match(/[#.]?[\w:-]+|\*/g);
  if (!pieces || pieces.join('') !== part) throw new Error(`selector '${part}' is not understood`);
  return (node) =>
    node.data !== undefined &&
    pieces.every((piece) => {
      if (piece === '*') return true;
      if (piece[0] === '#') return node.id === piece.slice(1);
      if (piece[0] === '.') return node.classList?.contains(piece.slice(1)) ?? false;
      return (framework.builtInTag(node) ?? node.tagName) === piece;
    });
}

function isElement(node) {
  return typeof node.forEachComposedChild === 'function';
}

function walk(node, visit) {
  if (!visit(node) || !isElement(node)) return;
  node.forEachComposedChild((child) => {
    walk(child, visit);
  });
}

function copy(value) {
  return value === undefined || value === null ? value : JSON.parse(JSON.stringify(value));
}
