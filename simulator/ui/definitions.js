/** What `Page`, `Component` and `Behavior` mean: each gives its definition to the file that is being registered. */

/** The behaviors that WeChat brings, by the name under which components use them. */
const BROUGHT = {
  'wx://form-field': { properties: { name: 'String', value: null } },
  'wx://form-field-group': {},
  'wx://form-field-button': {},
  'wx://component-export': {},
  'wx://proxy-scroll-view': {},
};

export class Definitions {
  #constructors = null;
  #brought = new Map();

  /**
   * @param {object} parts
   * @param {import('../app-service/app-service.js').AppService} parts.service
   * @param {any} parts.space code space of the package
   */
  constructor({ service, space }) {
    this.service = service;
    this.space = space;
  }

  /** Puts the three on the global object, once: an app that replaces one keeps its own. */
  offer() {
    const { realm } = this.service;
    for (const name of ['Page', 'Component']) {
      realm.define(
        name,
        realm.passThrough((...parameters) => this.#define(name, parameters), name),
      );
    }
    // A behavior belongs to no file: it may be made anywhere, also in app.js.
    this.space.componentEnv('', ({ Behavior: make }) => {
      for (const [name, { properties = {} }] of Object.entries(BROUGHT))
        this.#brought.set(name, make(realm.handOver({ properties: this.#typed(properties) })));
      const Behavior = realm.passThrough((...parameters) => make(...this.#resolved(parameters)), 'Behavior');
      Behavior.trait = make.trait;
      realm.define('Behavior', Behavior);
    });
  }

  #typed(properties) {
    const { intrinsics } = this.service.realm;
    return Object.fromEntries(Object.entries(properties).map(([name, type]) => [name, type && intrinsics[type]]));
  }

  #define(name, parameters) {
    if (!this.#constructors) throw new Error(`${name}() was called outside of a registered page or component file`);
    return this.#constructors[name](...this.#resolved(parameters));
  }

  /** The definition with WeChat's behaviors in place of their names. */
  #resolved([definition, ...rest]) {
    if (!definition?.behaviors?.some((behavior) => typeof behavior === 'string')) return [definition, ...rest];
    const behaviors = definition.behaviors.map((behavior) => {
      if (typeof behavior !== 'string') return behavior;
      const brought = this.#brought.get(behavior);
      if (!brought)
        throw new Error(`behavior '${behavior}' is not known; WeChat brings ${Object.keys(BROUGHT).join(', ')}`);
      return brought;
    });
    const { realm } = this.service;
    return [Object.assign(realm.handOver({}), definition, { behaviors: realm.global.Array.from(behaviors) }), ...rest];
  }

  /** Whether a component uses one of WeChat's behaviors, itself or through another. */
  has(component, name) {
    return component.hasBehavior?.(this.#brought.get(name)._$) ?? false;
  }

  /** Runs a page's or component's file; what it defines meanwhile is the component at that path. */
  run(path, work) {
    this.space.componentEnv(path, (constructors) => {
      const outer = this.#constructors;
      this.#constructors = constructors;
      try {
        work();
      } finally {
        this.#constructors = outer;
      }
    });
  }

  /** Defines an empty page at a path whose file defined nothing. */
  defineNothing(path) {
    this.space.componentEnv(path, ({ Page }) => Page(this.service.realm.handOver({})));
  }
}
