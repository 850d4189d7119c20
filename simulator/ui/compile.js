/**
 * The compiled package: pages, components, their JSON and templates, found by walking from app.json, checked on the
 * way.
 */

import { createRequire } from 'node:module';
import { aliased, joinPath, npmPlaces, resolvePath } from '../package-path.js';
import { checkStyleSheet } from './style.js';
import { requiredScript, translateScript, withWxsLibrary } from './wxs.js';
import { tagsOf } from './wxml-tags.js';

const require = createRequire(import.meta.url);

/**
 * @typedef {object} CompiledPackage
 * @property {any} app app.json
 * @property {Map<string, any>} configs static JSON by component path (no extension), usingComponents made absolute
 * @property {string} templates source of an expression whose value maps template paths to generated templates
 * @property {string[]} pages page paths, the entry page first
 * @property {{ root: string, pages: string[] }[]} subPackages
 * @property {string[]} standIns tags without a component, rendered as plain boxes so that the rest can be looked at
 * @property {{ kind: string, message: string, where: string }[]} faults
 */

/**
 * @param {import('../package-files.js').PackageFiles} files
 * @param {Set<string>} builtInTags
 * @returns {CompiledPackage}
 */
export function compilePackage(files, builtInTags) {
  const { TmplGroup } = require('glass-easel-template-compiler');
  const group = new TmplGroup();
  const walk = new PackageWalk(files, builtInTags, group);
  try {
    walk.run();
    return {
      app: walk.app,
      configs: walk.configs,
      pages: walk.pages,
      subPackages: walk.subPackages,
      faults: walk.faults,
      standIns: [...walk.standIns],
      templates: withWxsLibrary(group.getTmplGenObjectGroups()),
    };
  } finally {
    group.free();
  }
}

class PackageWalk {
  constructor(files, builtInTags, group) {
    this.files = files;
    this.builtInTags = builtInTags;
    this.group = group;
    this.configs = new Map();
    /**
     * Tags that each template may use, by its path: those of every component that it is part of. @type {Map<string,
     * Set<string>>}
     */
    this.templates = new Map();
    /**
     * Tags that a template writes and that are not built in, by its path. @type {Map<string, { tag: string, line:
     * number }[]>}
     */
    this.tags = new Map();
    this.scripts = new Set();
    this.standIns = new Set();
    /** What was not found, by the path it would have beside the file that names it. */
    this.names = new Map();
    this.faults = [];
  }

  run() {
    this.app = this.files.json('app.json');
    this.subPackages = (this.app.subPackages ?? this.app.subpackages ?? []).map((entry) => ({
      root: entry.root.replace(/\/$/, ''),
      pages: entry.pages.map((page) => joinPath(entry.root, page)),
    }));
    this.pages = [...(this.app.pages ?? []), ...this.subPackages.flatMap((entry) => entry.pages)];
    if (this.files.has('app.wxss')) this.#style('app.wxss');
    this.globalComponents = this.#absolute(this.app.usingComponents ?? {}, 'app');
    for (const path of Object.values(this.globalComponents)) this.#component(path, 'app.json');
    for (const page of this.pages) this.#component(page, 'app.json');
    this.#checkTags();
  }

  #fault(kind, message, where) {
    this.faults.push({ kind, message, where });
  }

  #component(path, from) {
    if (this.configs.has(path)) return;
    if (!this.#isComponent(path)) {
      const name = this.names.get(path);
      const advice = name
        ? `: '${name}' is neither a path nor a package in miniprogram_npm (npm install, then "build npm" in DevTools)`
        : '';
      this.#fault(
        'missing-file',
        `component or page '${path}' needs ${path}.js (or .ts) and ${path}.wxml${advice}`,
        from,
      );
      return;
    }
    const config = this.files.has(`${path}.json`) ? this.files.json(`${path}.json`) : {};
    const usingComponents = { ...this.globalComponents, ...this.#absolute(config.usingComponents ?? {}, path) };
    const componentGenerics = this.#generics(config.componentGenerics ?? {}, path);
    const dependencies = new Map(Object.entries(usingComponents));
    for (const [name, entry] of Object.entries(componentGenerics))
      if (entry.default) dependencies.set(name, entry.default);
    this.configs.set(path, { ...config, usingComponents, componentGenerics, dependencies: [...dependencies.values()] });
    this.#template(path, new Set([...Object.keys(usingComponents), ...Object.keys(componentGenerics)]));
    if (this.files.has(`${path}.wxss`)) this.#style(`${path}.wxss`);
    for (const [tag, used] of dependencies) {
      this.#component(used, `${path}.json`);
      const usedConfig = this.configs.get(used);
      if (!usedConfig) this.standIns.add(tag);
      if (usedConfig && usedConfig.component !== true) {
        this.#fault('config', `${used}.json must say "component": true to be used as a component`, `${path}.json`);
      }
    }
  }

  /** Components that a user of this one gives by `generic:name`, with the one that stands in by default. */
  #generics(generics, from) {
    const absolute = {};
    for (const [name, entry] of Object.entries(generics)) {
      absolute[name] = typeof entry?.default === 'string' ? { default: this.#placeOf(entry.default, from) } : {};
    }
    return absolute;
  }

  #absolute(usingComponents, from) {
    const absolute = {};
    for (const [tag, path] of Object.entries(usingComponents)) absolute[tag] = this.#placeOf(path, from);
    return absolute;
  }

  /**
   * A component by path, relative or from the root, or by the name of its package: `tdesign-miniprogram/button/button`.
   */
  #placeOf(request, from) {
    const path = aliased(request, this.app.resolveAlias ?? {});
    const places = [resolvePath(path, from)];
    if (!/^\.{0,2}\//.test(path)) {
      places.push(...npmPlaces(path, from));
      this.names.set(places[0], request);
    }
    return places.flatMap((place) => [place, `${place}/index`]).find((place) => this.#isComponent(place)) ?? places[0];
  }

  #isComponent(path) {
    return this.files.scripts.has(`${path}.js`) && this.files.has(`${path}.wxml`);
  }

  /** @param {Set<string>} usable tags of the component that the template is part of */
  #template(path, usable) {
    const known = this.templates.get(path);
    if (known) {
      if ([...usable].every((tag) => known.has(tag))) return;
      for (const tag of usable) known.add(tag);
      for (const used of this.group.getDirectDependencies(path))
        if (this.templates.has(used)) this.#template(used, usable);
      return;
    }
    this.templates.set(path, new Set(usable));
    const source = this.files.text(`${path}.wxml`);
    for (const warning of this.group.addTmpl(path, source)) {
      this.#fault(
        'wxml',
        `${warning.message} (line ${warning.startLine + 1}, column ${warning.startColumn + 1})`,
        `${path}.wxml`,
      );
    }
    this.tags.set(
      path,
      tagsOf(source).filter(({ tag }) => !this.builtInTags.has(tag)),
    );
    for (const used of this.group.getDirectDependencies(path)) {
      if (this.files.has(`${used}.wxml`)) this.#template(used, usable);
      else this.#fault('missing-file', `template '${used}.wxml' is imported but not there`, `${path}.wxml`);
    }
    for (const script of this.group.getScriptDependencies(path)) this.#script(script, `${path}.wxml`);
    for (const name of this.group.getInlineScriptModuleNames(path)) {
      const { code, requests } = translateScript(this.group.getInlineScript(path, name));
      this.group.setInlineScript(path, name, code);
      for (const request of requests) this.#script(requiredScript(request, path), `${path}.wxml`);
    }
  }

  /** Once every component is known: a template that many share may hold a tag that not all of them have. */
  #checkTags() {
    for (const [path, tags] of this.tags) {
      for (const { tag, line } of tags) {
        if (this.templates.get(path).has(tag)) continue;
        this.standIns.add(tag);
        this.#fault(
          'unknown-tag',
          `<${tag}> is neither a built-in tag nor in usingComponents (line ${line})`,
          `${path}.wxml`,
        );
      }
    }
  }

  #script(path, from) {
    const bare = path.replace(/\.wxs$/, '');
    if (this.scripts.has(bare)) return;
    this.scripts.add(bare);
    if (!this.files.has(`${bare}.wxs`)) {
      this.#fault('missing-file', `script '${bare}.wxs' is used but not there`, from);
      return;
    }
    const { code, requests } = translateScript(this.files.text(`${bare}.wxs`));
    this.group.addScript(bare, code);
    for (const request of requests) this.#script(requiredScript(request, bare), `${bare}.wxs`);
  }

  #style(path) {
    for (const message of checkStyleSheet(path, this.files)) this.#fault('wxss', message, path);
  }
}
