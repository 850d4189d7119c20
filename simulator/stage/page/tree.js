/** The nodes of a phone's view as elements of a document; fingers and keys on them go back to the phone. */

import { dress, nameField } from './tags.js';

export class Tree {
  #elements = new Map();
  #records = new Map();
  #root = 0;

  /**
   * @param {Document} document
   * @param {(act: { what: string, node: number, value?: string }) => void} act
   * @param {import('./media.js').MediaViews} media
   */
  constructor(document, act, media) {
    Object.assign(this, { document, act, media });
    document.addEventListener('click', (event) => this.#tap(event));
    document.addEventListener('keydown', (event) => this.#key(event));
    document.addEventListener('input', ({ target }) => this.#text('input', target));
    document.addEventListener('focusin', ({ target }) => this.#text('focus', target));
    document.addEventListener('focusout', ({ target }) => this.#text('blur', target));
  }

  /** @param {{ root: number, set: Record<number, object>, gone: number[], isWhole?: boolean }} view */
  apply({ root, set, gone, isWhole }) {
    if (isWhole) this.#forget([...this.#elements.keys()]);
    for (const [key, record] of Object.entries(set)) this.#write(Number(key), record);
    for (const key of Object.keys(set)) this.#arrange(Number(key));
    if (root !== this.#root) {
      this.document.body.replaceChildren(...(this.#elements.has(root) ? [this.#elements.get(root)] : []));
      this.#root = root;
    }
    this.#forget(gone);
    for (const field of this.document.querySelectorAll('wx-input, wx-textarea')) nameField(field);
  }

  #forget(ids) {
    for (const id of ids) {
      this.media.forget(id);
      this.#elements.get(id)?.remove();
      this.#elements.delete(id);
      this.#records.delete(id);
    }
    if (ids.includes(this.#root)) this.#root = 0;
  }

  #write(id, record) {
    let element = this.#elements.get(id);
    if (record.tag === '') {
      element ??= this.document.createTextNode('');
      if (element.data !== record.text) element.data = record.text;
    } else {
      if (!element || this.#records.get(id)?.tag !== record.tag) element = this.#create(id, record, element);
      this.#attributes(element, record);
      dress(element, record, this.#records.get(id));
    }
    this.#elements.set(id, element);
    this.#records.set(id, record);
  }

  #create(id, { tag }, before) {
    const element = this.document.createElement(`wx-${tag}`);
    element.nodeOfPhone = id;
    before?.replaceWith(element);
    if (tag === 'live-pusher' || tag === 'live-player') this.media.attach(id, element, tag);
    return element;
  }

  #attributes(element, { id = '', classes = [], style = '', scope, attributes = {} }) {
    if (element.id !== id) element.id = id;
    const names = classes.join(' ');
    if (element.className !== names) element.className = names;
    if ((element.getAttribute('style') ?? '') !== style) element.setAttribute('style', style);
    if (scope !== undefined) element.dataset.scope = String(scope);
    element.hidden = attributes.hidden === true;
  }

  /** Puts the children in their order; those that already stand there are not touched, or videos would stop. */
  #arrange(id) {
    const element = this.#elements.get(id);
    const wanted = (this.#records.get(id).children ?? []).map((child) => this.#elements.get(child)).filter(Boolean);
    const own = element.ownParts ?? 0;
    for (const [index, child] of wanted.entries()) {
      const there = element.childNodes[own + index];
      if (there !== child) element.insertBefore(child, there ?? null);
    }
    while (element.childNodes.length > own + wanted.length) element.lastChild.remove();
  }

  #nodeOf(target) {
    let element = target;
    while (element && element.nodeOfPhone === undefined) element = element.parentElement;
    return element;
  }

  #tap(event) {
    const element = this.#nodeOf(event.target);
    if (element) this.act({ what: 'tap', node: element.nodeOfPhone });
  }

  #key(event) {
    const element = this.#nodeOf(event.target);
    if (!element) return;
    const isText = event.target.matches('input, textarea');
    if (isText && event.key === 'Enter' && event.target.matches('input')) {
      this.#text('confirm', event.target);
      return;
    }
    if (isText) return;
    if (![' ', 'Enter'].includes(event.key)) return;
    event.preventDefault();
    this.act({ what: 'tap', node: element.nodeOfPhone });
  }

  #text(what, target) {
    const element = target.matches?.('input, textarea') ? this.#nodeOf(target) : null;
    if (!element) return;
    if (what === 'input') element.typed = target.value;
    this.act({ what, node: element.nodeOfPhone, value: target.value });
  }
}
