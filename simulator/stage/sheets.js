/**
 * The style sheets of a mini-program for a browser: with their imports, their lengths in the browser's units, and a
 * number for each component whose classes are its own.
 */

import { resolvePath } from '../package-path.js';

/** A phone's screen is 750rpx wide, whatever it is. */
const RPX_PER_SCREEN = 750;
const RPX = /(-?\d*\.?\d+)rpx\b/g;
const IMPORT = /@import\s+(?:url\()?["']([^"']+)["']\)?\s*;?/g;
const COMMENT = /\/\*[\s\S]*?\*\//g;

/** Isolations in which the classes of the app and of the page reach into a component. */
const OPEN = ['apply-shared', 'shared', 'page-apply-shared', 'page-shared'];

export class Sheets {
  #scopes = new Map();

  /**
   * @param {import('../package-files.js').PackageFiles} files
   * @param {import('../ui/compile.js').CompiledPackage} compiled
   * @param {Map<string, { styleIsolation?: string, addGlobalClass?: boolean }>} isolation by component, what its own
   *   options say
   */
  constructor(files, compiled, isolation) {
    Object.assign(this, { files, compiled, isolation });
    for (const path of compiled.configs.keys()) this.#scopes.set(path, this.#scopes.size + 1);
  }

  /** @returns {{ scope: number, page?: string, css: string }[]} in the order in which a browser takes them */
  list() {
    const list = [{ scope: 0, css: this.#text('app.wxss') }];
    for (const [path, config] of this.compiled.configs) {
      const css = this.#text(`${path}.wxss`);
      if (css === '') continue;
      if (this.#isComponent(config)) list.push({ scope: this.#scopes.get(path), css });
      else list.push({ scope: 0, page: path, css });
    }
    return list;
  }

  /** @returns {number | undefined} the number of a component's own classes */
  scopeOf(path) {
    return this.#scopes.get(path);
  }

  /** The classes of a node as the list names them: those of a component begin with its number. */
  classes(node) {
    return this.#classes(node.class.split(/\s+/).filter(Boolean), node.ownerShadowRoot?.getHostNode());
  }

  /** @param {string[]} names in the template of a component @param {any} host the component's element */
  #classes(names, host) {
    const config = this.compiled.configs.get(host?.is);
    if (!config || !this.#isComponent(config)) return names;
    const isOpen = this.#isOpen(config) || this.#isOpen(this.isolation.get(host.is) ?? {});
    return names.flatMap((name) => {
      // An external class stands for what the user of the component gave in its place.
      const given = host.getBackendElement?.()?.classAliases?.[name];
      if (given) return this.#classes(given, host.ownerShadowRoot?.getHostNode());
      const own = scopedClass(this.#scopes.get(host.is), name);
      return isOpen ? [own, name] : [own];
    });
  }

  /** What stands in the title bar of a page, and its colours. */
  window(path) {
    const window = { ...this.compiled.app.window, ...this.compiled.configs.get(path) };
    return {
      title: window.navigationBarTitleText ?? '',
      barColor: window.navigationBarBackgroundColor ?? '#000000',
      barText: window.navigationBarTextStyle ?? 'white',
      hasBar: window.navigationStyle !== 'custom',
      background: window.backgroundColor ?? '#ffffff',
    };
  }

  /** A style in the browser's units. */
  rpx(style) {
    return style.replace(RPX, (_all, length) => `${(Number(length) * 100) / RPX_PER_SCREEN}vw`);
  }

  #isComponent(config) {
    return config.component === true;
  }

  #isOpen({ styleIsolation, addGlobalClass }) {
    return addGlobalClass === true || OPEN.includes(styleIsolation);
  }

  #text(path, seen = []) {
    if (!this.files.has(path) || seen.includes(path)) return '';
    const text = this.files.text(path).replace(COMMENT, '');
    const whole = text.replace(IMPORT, (_all, imported) => this.#text(resolvePath(imported, path), [...seen, path]));
    return this.rpx(whole);
  }
}

/** A class of a component as the page's style sheets and elements name it; `page/sheets.js` writes the same. */
export function scopedClass(scope, name) {
  return `c${scope}--${name}`;
}
