import { findGateways } from './config.js';
import { createDelivery } from './delivery.js';
import { messageOf, RtcError } from './error.js';
import { loadCore } from './loader.js';
import { createLog } from './log.js';
import { ERROR_CODES, EVENTS } from './names.js';
import { faultIn } from './options.js';
import { createOutcome } from './outcome.js';
import { watchLifecycle } from '#platform/lifecycle.js';
import { createOwners } from '#platform/pages.js';

/**
 * The WASM instance of one Client: its life from `start` to `stop` or to a trap, and the queue in front of it.
 *
 * @param {(event: string, payload: object, isWanted: () => boolean) => boolean} tell gives whether anybody heard the
 *   event, and asks before each listener whether it is still wanted
 */
export function createInstance(tell) {
  /** @type {any} the `Core` of the module, once it is loaded */
  let core;
  /** @type {Promise<void> | undefined} settles when the core takes calls; each call waits in line behind it */
  let ready;
  /** @type {RtcError | undefined} why the instance takes no more calls */
  let ended;
  /** @type {any} of `init` */
  let given = {};
  /** How often the page said that it leaves, and how much of that the core has heard. */
  let said = 0;
  let heard = 0;
  let release = () => {};
  const sockets = new Set();
  /** Outcomes of the calls that the core works on, by the numbers that it knows them by. */
  const calls = new Map();
  let lastCall = 0;
  const send = createDelivery();
  const log = createLog(() => given.logLevel);
  const owners = createOwners(abandon);

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
    calls.forEach((outcome) => outcome.reject(error));
    calls.clear();
  }

  function emit(event, payload) {
    const before = heard;
    const isDue = isUrgent(event, payload);
    // What the core made before it heard that the page leaves comes too late.
    const isWanted = () => isDue || before === said;
    send(() => {
      // A page written for the vendor's SDK knows no orders; the core then mends the stream by a new address.
      if (isWanted() && !tell(event, payload, isWanted) && event === EVENTS.STREAM_CONTROL)
        enter(() => core.notify('order-unheard'));
    });
  }

  /** The pages of this Client were closed, and none of them destroyed it. */
  function abandon() {
    if (ended || given.outlivesPage || !ready || (core && instance.state() === 'idle')) return;
    log(
      'warn',
      'the page of this Client was closed without destroy(), so the room is left; ' +
        'init(appId, { outlivesPage: true }) keeps it',
    );
    enqueue(
      'leave',
      {},
      createOutcome(send, undefined, () => {}),
    );
  }

  function open(appId) {
    const { transport, background } = given;
    const create = ({ Core }) => new Core({ emit, settle, log }, Math.random() * 0x100000000);
    return Promise.all([findGateways(given), loadCore(given, enter, sockets, create)])
      .then(([gateways, loaded]) => {
        core = loaded;
        release = watchLifecycle((signal) => enter(() => core.notify(signal)));
        return call('init', { appId, gateways, transport, background }, createOutcome(send));
      })
      .catch((thrown) => {
        if (thrown instanceof RtcError) throw thrown;
        throw new RtcError(ERROR_CODES.CORE_FAILED, `init failed: ${messageOf(thrown)}. Call it again`);
      });
  }

  function enqueue(method, args, outcome) {
    if (ended) outcome.reject(ended);
    else if (!ready) outcome.reject(new RtcError(ERROR_CODES.NOT_INITED, `call init(appId) before ${method}`));
    else {
      const leaving = method === 'leave' || method === 'destroy' ? ++said : 0;
      const hear = () => {
        heard = leaving || heard;
      };
      const take = () => {
        hear();
        call(method, args, outcome);
      };
      ready.then(take, (error) => {
        hear();
        outcome.reject(error);
      });
    }
    return outcome.promise;
  }

  function call(method, args, outcome) {
    if (ended) outcome.reject(ended);
    else {
      calls.set(++lastCall, outcome);
      enter(() => core.call(lastCall, method, args));
    }
    return outcome.promise;
  }

  function settle(call, isFulfilled, value) {
    const outcome = calls.get(call);
    calls.delete(call);
    // The module's nothing is null; that of a promise is undefined.
    if (isFulfilled) outcome.resolve(value === null ? undefined : value);
    else outcome.reject(new RtcError(value.code, value.reason, value.gatewayCode));
  }

  const instance = {
    outcome: (onSuccess, onFailure) => createOutcome(send, onSuccess, onFailure),

    start(appId, options, outcome) {
      const fault = faultIn('init', options);
      if (ended || ready) {
        outcome.reject(ended || new RtcError(ERROR_CODES.HAS_INITED, 'init was called before on this Client'));
      } else if (fault) {
        outcome.reject(new RtcError(ERROR_CODES.INVALID_PARAMS, fault));
      } else {
        owners.use();
        given = options || {};
        ready = open(appId);
        ready.then(outcome.resolve, (error) => {
          release();
          core = ready = undefined;
          outcome.reject(error);
        });
      }
      return outcome.promise;
    },

    request(method, args, outcome) {
      // Other calls may come from listeners of a page that has closed, while another is on top.
      if (method !== 'join' || owners.use() || given.outlivesPage) return enqueue(method, args, outcome);
      outcome.reject(new RtcError(ERROR_CODES.INVALID_PARAMS, PAGE_CLOSED));
      return outcome.promise;
    },

    /** The page on top listens to the Client. */
    use: () => void owners.use(),

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
      enqueue('destroy', {}, createOutcome(send, done, done));
      return outcome.promise;
    },

    state() {
      return (core && enter(() => core.state())) || (ended ? 'disconnected' : 'idle');
    },
  };
  return instance;
}

/** What ends the Client or stops its tags is told whenever it comes. */
function isUrgent(event, payload) {
  return event === EVENTS.ERROR
    ? payload.code === ERROR_CODES.CORE_FAILED
    : event === EVENTS.STREAM_CONTROL && payload.action === 'stop';
}

const PAGE_CLOSED =
  'join: the page that this Client belongs to was closed; make a new one, or give init the option outlivesPage: true';
