/** The channel between a page and the one that it opened by `navigateTo`. */

/**
 * @param {import('../app-service/app-service.js').AppService} service
 * @param {Record<string, Function>} [events] what the opener listens to from the start
 * @returns {{ opener: object, opened: object }} both ends, of the app's realm: `on`, `once`, `off`, `emit`
 */
export function eventChannel(service, events = {}) {
  const opener = new End(service);
  const opened = new End(service);
  opener.other = opened;
  opened.other = opener;
  for (const name of Object.keys(events)) opener.on(name, events[name]);
  return { opener: opener.face(), opened: opened.face() };
}

class End {
  #listeners = [];

  constructor(service) {
    this.service = service;
  }

  face() {
    return this.service.realm.handOver({
      on: (name, listener) => this.on(name, listener),
      once: (name, listener) => this.on(name, listener, true),
      off: (name, listener) => {
        this.#listeners = this.#listeners.filter(
          (known) => known.name !== name || (listener && known.listener !== listener),
        );
      },
      emit: (name, ...parameters) => this.other.receive(name, parameters),
    });
  }

  on(name, listener, once = false) {
    if (typeof listener !== 'function') throw new TypeError('EventChannel needs a function');
    this.#listeners.push({ name, listener, once });
  }

  receive(name, parameters) {
    const called = this.#listeners.filter((known) => known.name === name);
    this.#listeners = this.#listeners.filter((known) => !called.includes(known) || !known.once);
    for (const { listener } of called) this.service.enter(`EventChannel ${name}`, () => listener(...parameters));
  }
}
