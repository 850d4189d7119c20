/**
 * The mirror of one phone: what its view shows, as flat records of nodes that a browser turns into elements. Told once
 * as a whole, then as the records that have changed.
 */

import { WINDOW } from '../wx/window.js';

/** Attributes that a browser needs to show a built-in tag; addresses of media are not among them. */
const SHOWN = {
  button: ['type', 'size', 'plain', 'disabled', 'loading', 'formType'],
  checkbox: ['checked', 'disabled', 'color', 'value'],
  icon: ['type', 'size', 'color'],
  image: ['src', 'mode'],
  input: ['value', 'type', 'password', 'placeholder', 'disabled', 'maxlength', 'focus'],
  label: ['for'],
  'live-player': ['objectFit', 'orientation', 'muted'],
  'live-pusher': ['enableCamera', 'enableMic', 'localMirror', 'devicePosition'],
  picker: ['disabled'],
  progress: ['percent', 'showInfo', 'activeColor', 'backgroundColor'],
  radio: ['checked', 'disabled', 'color', 'value'],
  'rich-text': ['nodes'],
  'scroll-view': ['scrollX', 'scrollY'],
  slider: ['value', 'min', 'max', 'step', 'disabled'],
  switch: ['checked', 'disabled', 'color'],
  text: ['userSelect', 'space'],
  textarea: ['value', 'placeholder', 'disabled', 'maxlength', 'focus'],
};

/**
 * @typedef {object} NodeRecord
 * @property {string} tag as the template writes it, '' for a text
 * @property {string} [text] of a text
 * @property {string} [id]
 * @property {string[]} [classes] as the style sheets of the mirror name them
 * @property {string} [style]
 * @property {number} [scope] of the style sheet of the component that the node is the outside of
 * @property {Record<string, unknown>} [attributes]
 * @property {boolean} [tappable]
 * @property {number[]} [children] ids of nodes
 */

export class Mirror {
  #ids = new WeakMap();
  #elements = new Map();
  #nextId = 1;
  /** By id, the record as it was told, as JSON. */
  #told = new Map();
  #toldRoot = 0;

  /** @param {import('../phone.js').Phone} phone @param {import('./sheets.js').Sheets} sheets */
  constructor(phone, sheets) {
    Object.assign(this, { phone, sheets });
  }

  /** @returns {object | null} what has changed since the last time, null where nothing has */
  changes() {
    const { root, records } = this.#look();
    const set = {};
    for (const [id, json] of records) if (this.#told.get(id) !== json) set[id] = JSON.parse(json);
    const gone = [...this.#told.keys()].filter((id) => !records.has(id));
    for (const id of gone) this.#elements.delete(id);
    const isNew = root !== this.#toldRoot;
    this.#told = records;
    this.#toldRoot = root;
    if (!isNew && gone.length === 0 && Object.keys(set).length === 0) return null;
    return { ...this.#page(), root, set, gone };
  }

  /** @returns {object} the view as it was told last, as a whole */
  whole() {
    const set = {};
    for (const [id, json] of this.#told) set[id] = JSON.parse(json);
    return { ...this.#page(), root: this.#toldRoot, set, gone: [], isWhole: true };
  }

  /** @returns {any} the element that a record tells of, undefined where it is gone */
  element(id) {
    return this.#elements.get(id);
  }

  /** @returns {number} the id under which a browser knows an element */
  idOf(element) {
    let id = this.#ids.get(element);
    if (id === undefined) {
      id = this.#nextId;
      this.#nextId += 1;
      this.#ids.set(element, id);
    }
    return id;
  }

  #page() {
    const { current, stack } = this.phone.pages;
    return {
      page: current?.path ?? '',
      depth: stack.length,
      ...this.sheets.window(current?.path ?? ''),
      width: WINDOW.windowWidth,
      height: WINDOW.windowHeight,
    };
  }

  #look() {
    const records = new Map();
    const component = this.phone.pages.current?.component;
    if (!component) return { root: 0, records };
    const root = this.#record(component, records, { tag: 'page' });
    return { root, records };
  }

  #record(node, records, given) {
    const id = this.idOf(node);
    this.#elements.set(id, node);
    records.set(id, JSON.stringify({ ...given, children: this.#children(node, records) }));
    return id;
  }

  /** The nodes below one, through everything that a browser has no element for. */
  #children(node, records) {
    const ids = [];
    node.forEachComposedChild((child) => {
      ids.push(...this.#shown(child, records));
    });
    return ids;
  }

  #shown(node, records) {
    if (typeof node.forEachComposedChild !== 'function') {
      const text = String(node.textContent ?? '');
      if (text === '') return [];
      const id = this.idOf(node);
      this.#elements.set(id, node);
      records.set(id, JSON.stringify({ tag: '', text }));
      return [id];
    }
    const isElement = node.data !== undefined && node.getComponentOptions?.().virtualHost !== true;
    if (!isElement) return this.#children(node, records);
    const { framework } = this.phone;
    const tag = framework.builtInTag(node);
    return [
      this.#record(node, records, {
        tag: tag ?? node.tagName ?? 'view',
        ...(node.id && { id: node.id }),
        ...(node.class && { classes: this.sheets.classes(node) }),
        ...(node.style && { style: this.sheets.rpx(node.style) }),
        ...(tag ? { attributes: this.#attributes(tag, node) } : { scope: this.sheets.scopeOf(node.is) }),
        ...(framework.tappable.has(node) && { tappable: true }),
      }),
    ];
  }

  #attributes(tag, { data }) {
    const shown = data.hidden ? { hidden: true } : {};
    for (const name of SHOWN[tag] ?? []) if (data[name] !== undefined && data[name] !== '') shown[name] = data[name];
    if (data.ariaLabel) shown.ariaLabel = data.ariaLabel;
    return shown;
  }
}
