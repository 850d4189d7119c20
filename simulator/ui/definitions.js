/** What `Page`, `Component` and `Behavior` mean: each gives its definition to the file that is being registered. */

export class Definitions {
  #constructors = null;

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
      realm.define(name, realm.passThrough((...parameters) => this.#define(name, parameters), name));
    }
    // A behavior belongs to no file: it may be made anywhere, also in app.js.
    this.space.componentEnv('', ({ Behavior }) => realm.define('Behavior', Behavior));
  }

  #define(name, parameters) {
    if (!this.#constructors) throw new Error(`${name}() was called outside of a registered page or component file`);
    return this.#constructors[name](...parameters);
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
