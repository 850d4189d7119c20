/**
 * The shape of WeChat's asynchronous APIs: an options object with success, fail and complete, or a promise where WeChat
 * gives one.
 */

/** A failure that the app is told about through `fail`: `errMsg` is `<api>:fail <message>`. */
export class ApiFailure extends Error {
  /** @param {string} message @param {object} [fields] more fields of the result, for example errno */
  constructor(message, fields = {}) {
    super(message);
    this.fields = fields;
  }
}

/**
 * @param {import('../app-service/app-service.js').AppService} service
 * @param {string} name
 * @param {(options: any) => object | void | Promise<object | void>} work gives the fields of the result or throws
 *   ApiFailure
 * @param {{ promises?: boolean }} [style] promises: false for APIs that have callbacks only
 * @returns {(options?: any) => unknown}
 */
export function asynchronous(service, name, work, { promises = true } = {}) {
  return (options) => {
    const given = options ?? {};
    const outcome = perform(name, work, given);
    const withCallbacks = ['success', 'fail', 'complete'].some((key) => typeof given[key] === 'function');
    if (withCallbacks || !promises) {
      outcome.then(({ ok, result }) => tell(service, name, given, ok, result));
      return undefined;
    }
    return service.realm.promise((resolve, reject) => {
      outcome.then(({ ok, result }) => {
        service.later(name, () => (ok ? resolve : reject)(service.realm.handOver(result)));
      });
    });
  };
}

async function perform(name, work, given) {
  try {
    return { ok: true, result: { ...(await work(given)), errMsg: `${name}:ok` } };
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    return { ok: false, result: { ...error.fields, errMsg: `${name}:fail ${error.message}` } };
  }
}

/**
 * Calls success or fail, then complete, each in its own entry, so that one that throws does not keep the other from
 * running.
 */
export function tell(service, name, given, ok, result) {
  const handed = service.realm.handOver(result);
  const first = ok ? given.success : given.fail;
  if (typeof first === 'function') service.later(`${name} ${ok ? 'success' : 'fail'}`, () => first(handed));
  if (typeof given.complete === 'function') service.later(`${name} complete`, () => given.complete(handed));
}

/** A pair `onX` / `offX`: `offX(listener)` takes that function away, `offX()` takes all. */
export class Listeners {
  #list = [];

  /** @param {import('../app-service/app-service.js').AppService} service @param {string} name */
  constructor(service, name) {
    this.service = service;
    this.name = name;
    this.on = (listener) => {
      if (typeof listener !== 'function') throw new TypeError(`${name} needs a function`);
      this.#list.push(listener);
    };
    this.off = (listener) => {
      this.#list = listener === undefined ? [] : this.#list.filter((known) => known !== listener);
    };
  }

  get count() {
    return this.#list.length;
  }

  /** Calls every listener in a task of its own. */
  emit(payload) {
    const handed = this.service.realm.handOver(payload);
    for (const listener of this.#list) this.service.later(this.name, () => listener(handed));
  }
}
