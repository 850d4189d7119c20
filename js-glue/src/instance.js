import { findGateways } from './config.js';
import { messageOf, RtcError } from './error.js';
import { loadCore } from './loader.js';
import { ERROR_CODES, EVENTS } from './names.js';
import { createOutcome } from './outcome.js';
import { watchLifecycle } from './platform/lifecycle.js';

/**
 * The WASM instance of one Client: its life from `start` to `stop` or to a trap, and the queue in front of it.
 *
 * @param {(event: string, payload: object) => boolean} deliver called later, never while the module runs; whether anybody heard
 */
export function createInstance(deliver) {
  /** @type {any} the `Core` of the module, once it is loaded */
  let core;
  /** @type {Promise<void> | undefined} settles when the core takes calls; each call waits in line behind it */
  let ready;
  /** @type {RtcError | undefined} why the instance takes no more calls */
  let ended;
  let logLevel;
  let release = () => {};
  const sockets = new Set();
  const pending = new Set();

  function enter(run) {
    if (ended) return undefined;
    try {
      return run();
    } catch (thrown) {
      const reason = `the core of this Client failed: ${messageOf(thrown)}. Make a new Client and join again`;
      end(new RtcError(ERROR_CODES.CORE_FAILED, reason));
      emit(EVENTS.ERROR, { code: ERROR_CODES.CORE_FAILED, reason });
      return undefined;
    }
  }

  function end(error) {
    ended = error;
    release();
    sockets.forEach((socket) => socket.close());
    pending.forEach((outcome) => settle(outcome, 'reject', error));
  }

  function emit(event, payload) {
    afterReactions(OUTCOME_REACTIONS, () => {
      // A page written for the vendor's SDK knows no orders; the core then mends the stream by a new address.
      if (!deliver(event, payload) && event === EVENTS.STREAM_CONTROL) enter(() => core.notify('order-unheard'));
    });
  }

  function log(level, message) {
    if (LEVELS.indexOf(level) <= LEVELS.indexOf(logLevel)) console[level](`[miniapp-rtc] ${message}`);
  }

  function open(appId, options) {
    const { transport, background } = options;
    logLevel = options.logLevel || 'warn';
    return Promise.all([findGateways(options), loadCore(options, enter, sockets)]).then(([gateways, { Core }]) => {
      core = enter(() => new Core({ emit, log }, Math.random() * 0x100000000));
      release = watchLifecycle((signal) => enter(() => core.notify(signal)));
      return call('init', { appId, gateways, transport, background }, createOutcome());
    });
  }

  function call(method, args, outcome) {
    pending.add(outcome);
    enter(() => {
      core.call(method, args).then(
        // The module's nothing is null; that of a promise is undefined.
        (value) => settle(outcome, 'resolve', value === null ? undefined : value),
        (failure) => settle(outcome, 'reject', new RtcError(failure.code, failure.reason)),
      );
    });
    if (ended) settle(outcome, 'reject', ended);
    return outcome.promise;
  }

  function settle(outcome, how, value) {
    if (pending.delete(outcome)) outcome[how](value);
  }

  return {
    start(appId, options, outcome) {
      if (ended || ready) {
        outcome.reject(ended || new RtcError(ERROR_CODES.HAS_INITED, 'init was called before on this Client'));
      } else {
        ready = open(appId, options);
        ready.then(outcome.resolve, (error) => {
          release();
          core = ready = undefined;
          outcome.reject(error);
        });
      }
      return outcome.promise;
    },

    request(method, args, outcome) {
      if (ended) outcome.reject(ended);
      else if (ready) ready.then(() => void call(method, args, outcome), outcome.reject);
      else outcome.reject(new RtcError(ERROR_CODES.NOT_INITED, `call init(appId) before ${method}`));
      return outcome.promise;
    },

    report(method, args) {
      const take = () => {
        const refusal = enter(() => core.report(method, args));
        if (refusal) log('warn', `${method}: ${refusal}`);
      };
      if (ready) ready.then(take, () => {});
    },

    stop(outcome) {
      const done = () => {
        end(new RtcError(ERROR_CODES.NOT_INITED, 'this Client was destroyed; make a new one'));
        outcome.resolve();
      };
      this.request('destroy', {}, createOutcome()).then(done, done);
      return outcome.promise;
    },

    state() {
      return (core && enter(() => core.state())) || (ended ? 'disconnected' : 'idle');
    },
  };
}

function afterReactions(count, run) {
  Promise.resolve().then(() => (count > 1 ? afterReactions(count - 1, run) : run()));
}

/** Promise reactions from the core's settling of a call to the application: `loader.js`, `call`, `outcome.js`. */
const OUTCOME_REACTIONS = 3;

const LEVELS = ['error', 'warn', 'info', 'debug'];
