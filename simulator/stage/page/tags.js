/** What stands inside the elements of built-in tags, and what a keyboard and a screen reader find there. */

/**
 * @param {HTMLElement & { ownParts?: number, typed?: string }} element
 * @param {object} record
 * @param {object} [before]
 */
export function dress(element, record, before) {
  const attributes = record.attributes ?? {};
  const say = (name, value) =>
    value === undefined ? element.removeAttribute(name) : element.setAttribute(name, String(value));
  if (attributes.ariaLabel) say('aria-label', attributes.ariaLabel);
  const isOff = attributes.disabled === true;
  if (record.tag === 'button' || record.tappable) {
    say('role', 'button');
    element.tabIndex = isOff ? -1 : 0;
    say('aria-disabled', isOff || undefined);
  }
  DRESSES[record.tag]?.(element, attributes, before?.attributes ?? {}, say);
}

const DRESSES = {
  button(_element, { type, size, plain }, _before, say) {
    say('data-type', type);
    say('data-size', size);
    say('data-plain', plain || undefined);
  },
  input: (element, given, before) => field(element, 'input', given, before),
  textarea: (element, given, before) => field(element, 'textarea', given, before),
  switch: (element, { checked }, _before, say) => choice(element, 'switch', checked, say),
  checkbox: (element, { checked }, _before, say) => choice(element, 'checkbox', checked, say),
  radio: (element, { checked }, _before, say) => choice(element, 'radio', checked, say),
  image(element, { src = '' }) {
    const picture = part(element, 'img');
    picture.alt = '';
    if (/^(https?:|data:)/.test(src) && picture.src !== src) picture.src = src;
  },
  'live-player'(_element, { objectFit }, _before, say) {
    say('data-fit', objectFit);
  },
  progress(element, { percent = 0 }) {
    part(element, 'span').style.width = `${percent}%`;
  },
};

/** A field holds what the phone says, except while the phone has not yet heard of what was typed last. */
function field(element, kind, { value = '', type, password, placeholder = '', disabled, maxlength }, before) {
  const control = part(element, kind);
  if (kind === 'input') control.type = password ? 'password' : 'text';
  if (type === 'number' || type === 'digit') control.inputMode = 'numeric';
  control.placeholder = placeholder;
  control.disabled = disabled === true;
  if (maxlength > 0) control.maxLength = maxlength;
  const isEcho = element.typed === String(value);
  if (isEcho) element.typed = undefined;
  if (value !== before.value && !isEcho && control.value !== String(value)) control.value = String(value);
}

/**
 * WXML has no label for fields: the text in front of one is what people read. Called when the field stands where it
 * belongs.
 * @param {HTMLElement} element
 */
export function nameField(element) {
  const control = element.querySelector(':scope > input, :scope > textarea');
  if (!control) return;
  const name = element.getAttribute('aria-label') ?? element.previousElementSibling?.textContent.trim();
  control.setAttribute('aria-label', name || control.placeholder);
}

function choice(element, role, checked, say) {
  say('role', role);
  say('aria-checked', checked === true);
  element.tabIndex = 0;
}

/** The one element that a tag holds before its children. */
function part(element, kind) {
  if (element.ownParts !== 1) {
    element.prepend(element.ownerDocument.createElement(kind));
    element.ownParts = 1;
  }
  return element.firstElementChild;
}
