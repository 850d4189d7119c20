/**
 * WeChat's own component framework (glass-easel), loaded into the phone's realm without any DOM, with the host's checks
 * around it.
 */

import { BUILT_IN_TAGS, COMMON_EVENTS, COMMON_PROPERTIES } from './built-in-tags.js';
import { camelCase } from './camel-case.js';
import { attributeProblem } from './attributes.js';
import { Definitions } from './definitions.js';
import { eventFace } from './event-face.js';
import { WINDOW } from '../wx/window.js';
import { checkSetData } from './set-data.js';

/** What the framework warns of while it is developed, and WeChat takes without a word. */
const ACCEPTED = [
  // A component whose partner this package does not use: it stands alone.
  /^the target of relation ".*" is not a valid behavior or component/,
  /^no relation ".*" found\.$/,
  /^Use number as for-list/,
  // A list that is not there yet is an empty one.
  /^The for-list data is neither Array nor Object, got type "undefined"\.$/,
  // wx:key="index" names no field of an item: the place in the list is the key.
  /^Some keys are not unique while list updates: ""\.$/,
  /^"class" is not a valid event binding or slot value$/,
];

export class Framework {
  /**
   * @param {object} parts
   * @param {import('../node-host.js').Host} parts.host
   * @param {import('../app-service/app-service.js').AppService} parts.service
   * @param {import('./compile.js').CompiledPackage} parts.compiled
   * @param {import('./view.js').View} parts.view what stands between the framework and the native tags
   * @param {(record: { is: string, bytes: number, keys: string[] }) => void} parts.onSetData
   * @param {(tag: string, element: any, properties: () => object) => { detach(): void, changed(name: string): void }}
   *   parts.attachNative
   */
  constructor({ host, service, compiled, view, onSetData, attachNative }) {
    this.view = view;
    this.service = service;
    this.onSetData = onSetData;
    this.attachNative = attachNative;
    this.readyQueue = [];
    this.handlersToCheck = [];
    /** What `options` of a component say of its style sheet, by path. */
    this.isolation = new Map();
    /** Elements that a template gives a handler of `tap`. */
    this.tappable = new WeakSet();
    Object.assign(this, host.loadFramework(service.realm));
    this.#collectFaults();
    this.#watchSetData();
    const environment = new this.adapter.MiniProgramEnv();
    this.space = environment.createCodeSpace('', true);
    this.#lookUpHandlersOnInstances();
    this.definitions = new Definitions({ service, space: this.space });
    this.#defineBuiltInTags(environment.getGlobalCodeSpace(), compiled);
    const backend = new this.easel.EmptyBackendContext();
    const render = backend.render.bind(backend);
    Object.assign(backend, {
      getWindowWidth: () => WINDOW.windowWidth,
      getWindowHeight: () => WINDOW.windowHeight,
      getDevicePixelRatio: () => WINDOW.pixelRatio,
    });
    // What a page gives for the external classes of a component is told to the view only.
    backend.createFragment().constructor.prototype.setClassAlias = function remember(name, classes) {
      this.classAliases = { ...this.classAliases, [name]: [...classes] };
    };
    backend.render = (rendered) => this.view.when(() => render(rendered));
    this.backend = environment.associateBackend(backend);
    this.space.setOverallBehavior(this.#readyLifetime());
    this.#addPackage(compiled);
  }

  #collectFaults() {
    this.easel.addGlobalErrorListener((error, where, component) => {
      const place = typeof component === 'string' ? component : component?.is;
      this.service.fault('exception', error, [where, place].filter(Boolean).join(' in '));
      return false;
    });
    this.easel.addGlobalWarningListener((message, component) => {
      if (ACCEPTED.some((pattern) => pattern.test(message))) return false;
      this.service.fault('warning', message, typeof component === 'string' ? component : component?.is);
      return false;
    });
  }

  #watchSetData() {
    const prototype = this.easel.Component.prototype;
    const setData = prototype.setData;
    const framework = this;
    prototype.setData = function checkedSetData(data) {
      if (framework.isBuiltIn(this)) return setData.call(this, data);
      const { problems, accepted, bytes } = checkSetData(data, framework.service.realm);
      for (const problem of problems) framework.service.fault('set-data', problem, this.is);
      framework.onSetData({ is: this.is, bytes, keys: Object.keys(accepted ?? {}) });
      return accepted ? setData.call(this, accepted) : undefined;
    };
  }

  /** WeChat calls the handler that the instance has when the event comes, also one that was set at run time. */
  #lookUpHandlersOnInstances() {
    const prepare = this.space.prepareComponentOptions.bind(this.space);
    this.space.prepareComponentOptions = (...parameters) => {
      this.isolation.set(parameters[0], { ...parameters[1] });
      const [options, styleIsolation] = prepare(...parameters);
      // Properties stay off the node itself: one named `dataset`, as Vant's button has it, would replace the node's
      // own.
      return [{ ...options, useMethodCallerListeners: true, writeFieldsToNode: false }, styleIsolation];
    };
  }

  #defineBuiltInTags(space, compiled) {
    const { intrinsics } = this.service.realm;
    const types = {
      string: intrinsics.String,
      number: intrinsics.Number,
      boolean: intrinsics.Boolean,
      any: null,
    };
    const property = ({ type, value }) => ({ type: Array.isArray(type) ? types.string : types[type], value });
    const define = (tag, definition) => {
      const properties = {};
      for (const [name, entry] of Object.entries({ ...COMMON_PROPERTIES, ...definition.properties })) {
        properties[name] = property(entry);
      }
      const lifetimes = definition.native ? this.#nativeLifetimes(tag, Object.keys(properties)) : {};
      const component = space
        .component(`built-in/${tag}`)
        .definition({ properties, ...lifetimes })
        .register();
      this.space.getComponentSpace().setGlobalUsingComponent(tag, component._$);
    };
    for (const [tag, definition] of Object.entries(BUILT_IN_TAGS)) define(tag, definition);
    for (const tag of compiled.standIns) define(tag, { properties: {}, events: [] });
  }

  #nativeLifetimes(tag, names) {
    const framework = this;
    const natives = new WeakMap();
    const observers = {};
    for (const name of names) {
      observers[name] = function observe() {
        natives.get(this._$)?.changed(name);
      };
    }
    return {
      observers,
      lifetimes: {
        attached() {
          natives.set(this._$, framework.#nativeInView(tag, this._$));
        },
        detached() {
          natives.get(this._$)?.detach();
        },
      },
    };
  }

  /** A native tag as the view shows it: it comes, changes and goes when the view does. */
  #nativeInView(tag, element) {
    const { view } = this;
    let shown;
    let native;
    const next = (then) => {
      const properties = { ...element.data };
      view.when(() => {
        shown = properties;
        then();
      });
    };
    next(() => {
      native = this.attachNative(tag, element, () => shown);
    });
    return {
      changed: (name) => next(() => native.changed(name)),
      detach: () => view.when(() => native.detach()),
    };
  }

  /** The framework never fires `ready`: it is fired one task after `attached`, children first. */
  #readyLifetime() {
    const framework = this;
    return this.space.getComponentSpace().defineBehavior({
      lifetimes: {
        attached() {
          framework.readyQueue.push(this._$);
          if (framework.readyQueue.length > 1) return;
          framework.service.later('ready', () => framework.fireReady());
        },
      },
    });
  }

  /** Fires `ready` of everything attached since the last time. */
  fireReady() {
    const queue = this.readyQueue.reverse();
    this.readyQueue = [];
    for (const component of queue) {
      if (this.easel.Element.isAttached(component)) component.triggerLifetime('ready', []);
    }
  }

  #addPackage(compiled) {
    const groups = this.evaluate(compiled.templates);
    for (const [path, config] of compiled.configs) {
      const usingComponents = {};
      for (const [tag, used] of Object.entries(config.usingComponents)) usingComponents[tag] = `/${used}`;
      const componentGenerics = {};
      for (const [name, { default: used }] of Object.entries(config.componentGenerics))
        componentGenerics[name] = used ? { default: `/${used}` } : true;
      this.space.addComponentStaticConfig(
        path,
        this.service.realm.handOver({ ...config, usingComponents, componentGenerics }),
      );
      const content = this.#checkedTemplate(groups[path]);
      this.space.addCompiledTemplate(path, { groupList: groups, content });
    }
  }

  /** The template with two hooks: handlers must exist, attributes of built-in tags must have their type. */
  #checkedTemplate(content) {
    const hooked = new WeakSet();
    const hook = (render) => {
      if (hooked.has(render)) return;
      hooked.add(render);
      const { v: setHandler, r: setProperty } = render;
      const { realm } = this.service;
      render.eventListenerWrapper = (caller, event, listener) => listener.call(caller, eventFace(event, realm));
      render.v = (element, event, handler, ...rest) => {
        this.#checkHandler(element, event, handler, rest[3]);
        return setHandler(element, event, handler, ...rest);
      };
      render.r = (element, name, value, ...rest) => {
        // What a screen reader is told may stand on every tag, also on one that knows nothing of it.
        if (name.startsWith('aria-') && !this.easel.Component.hasProperty(element, camelCase(name))) return undefined;
        this.#checkAttribute(element, name, value);
        return setProperty(element, name, this.#givenOrDefault(element, name, value), ...rest);
      };
    };
    return (name) => {
      const generate = content(name);
      return (
        generate &&
        ((render, ...rest) => {
          hook(render);
          return generate(render, ...rest);
        })
      );
    };
  }

  #checkHandler(element, event, handler, attributeStyle) {
    const host = element.ownerShadowRoot.getHostNode();
    const tag = this.builtInTag(element);
    if (event === 'tap') this.tappable.add(element);
    if (typeof handler === 'string' && handler !== '')
      this.#checkLater({ host, handler, event, tag: element.tagName ?? tag });
    if (!tag) return;
    const definition = BUILT_IN_TAGS[tag];
    if (!definition.events.includes(event) && !COMMON_EVENTS.includes(event)) {
      this.service.fault('unknown-event', `<${tag}> has no event '${event}'`, host.is);
    } else if (definition.native && !attributeStyle) {
      this.service.fault('native-binding', `<${tag}> takes bind${event}, not bind:${event}`, host.is);
    }
  }

  /** A built-in tag takes nothing for "not given". */
  #givenOrDefault(element, name, value) {
    const tag = value === undefined || value === null ? this.builtInTag(element) : undefined;
    if (!tag) return value;
    const property = camelCase(name);
    return (BUILT_IN_TAGS[tag].properties[property] ?? COMMON_PROPERTIES[property])?.value ?? value;
  }

  #checkLater(binding) {
    this.handlersToCheck.push(binding);
    if (this.handlersToCheck.length > 1) return;
    this.service.later('handlers', () => this.service.later('handlers', () => this.checkHandlers()));
  }

  /**
   * Looks for handlers that nobody has defined: not before `onReady` has run, because a page may set them until then.
   */
  checkHandlers() {
    for (const { host, handler, event, tag } of this.handlersToCheck.splice(0)) {
      if (this.easel.Component.getMethod(host, handler)) continue;
      this.service.fault('unknown-handler', `no method '${handler}' for event '${event}' of <${tag}>`, host.is);
    }
  }

  #checkAttribute(element, name, value) {
    const tag = this.builtInTag(element);
    if (!tag) return;
    const problem = attributeProblem(tag, name, value);
    if (problem) this.service.fault('attribute', problem, element.ownerShadowRoot.getHostNode().is);
  }

  /** @returns {string | undefined} the tag, when the element is a built-in one that we define */
  builtInTag(element) {
    const is = element.is;
    if (typeof is !== 'string' || !is.startsWith('built-in/')) return undefined;
    const tag = is.slice('built-in/'.length);
    return tag in BUILT_IN_TAGS ? tag : undefined;
  }

  isShadowRoot(node) {
    return this.easel.ShadowRoot.isShadowRoot(node);
  }

  hasBehavior(component, name) {
    return this.definitions.has(component, name);
  }

  isBuiltIn(element) {
    return typeof element.is === 'string' && element.is.startsWith('built-in/');
  }

  isRegistered(path) {
    return Boolean(this.space.getComponentSpace().getComponentByUrlWithoutDefault(path, ''));
  }

  /** Creates the root component of a page; `created` has run, `attached` has not. */
  createRoot(path) {
    return this.backend.createRoot('body', this.space, path);
  }

  attach(root) {
    this.easel.Element.pretendAttached(root.getComponent());
  }

  release(root) {
    root.release();
  }

  /** Fires an event of a native tag on its element. */
  trigger(element, name, detail, options) {
    element.triggerEvent(name, this.service.realm.handOver(detail), options);
  }
}
