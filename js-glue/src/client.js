import { emitWhile, Emitter, ownOf } from './emitter.js';
import { RtcError } from './error.js';
import { createInstance } from './instance.js';
import { ERROR_CODES } from './names.js';
import { isScreen, readNativeEvent } from './native.js';
import { faultIn } from './options.js';

/**
 * A user's presence in one room. Methods and events are those of the vendor's mini-program SDK 3.2; `index.d.ts` says
 * what each takes, gives and refuses.
 */
export class Client extends Emitter {
  constructor() {
    super();
    ownOf(this).instance = createInstance((event, payload, isWanted) => emitWhile(this, isWanted, event, [payload]));
  }

  on(event, listener, context) {
    ownOf(this).instance.use();
    return super.on(event, listener, context);
  }

  get state() {
    return ownOf(this).instance.state();
  }

  /** What page data keeps of a client that was put into it. */
  toJSON() {
    return { state: this.state };
  }

  init(appId, options, onSuccess, onFailure) {
    if (typeof options === 'function') return Client.prototype.init.call(this, appId, {}, options, onSuccess);
    // What is no object cannot be joined with the defaults, and is refused as it is.
    const given =
      typeof options === 'object' && !Array.isArray(options) ? Object.assign({}, Client.defaults, options) : options;
    const { instance } = ownOf(this);
    return instance.start(appId, either(given, Client.defaults), instance.outcome(onSuccess, onFailure));
  }

  destroy(onSuccess, onFailure) {
    const { instance } = ownOf(this);
    return instance.stop(instance.outcome(onSuccess, onFailure));
  }

  setBusinessId(businessId, onSuccess, onFailure) {
    return request(this, 'setBusinessId', { businessId }, onSuccess, onFailure);
  }

  join(token, roomId, userId, onSuccess, onFailure) {
    return request(this, 'join', { token, roomId, userId }, onSuccess, onFailure);
  }

  leave(onSuccess, onFailure) {
    return request(this, 'leave', {}, onSuccess, onFailure);
  }

  publish(onSuccess, onFailure) {
    return request(this, 'publish', {}, onSuccess, onFailure);
  }

  unpublish(onSuccess, onFailure) {
    return request(this, 'unpublish', {}, onSuccess, onFailure);
  }

  subscribe(uid, options, onSuccess, onFailure) {
    return requestOf(this, 'subscribe', uid, options, onSuccess, onFailure);
  }

  unsubscribe(uid, options, onSuccess, onFailure) {
    return requestOf(this, 'unsubscribe', uid, options, onSuccess, onFailure);
  }

  muteLocal(options, onSuccess, onFailure) {
    return requestWith(this, 'muteLocal', options, {}, onSuccess, onFailure);
  }

  muteRemote(uid, options, onSuccess, onFailure) {
    return requestOf(this, 'muteRemote', uid, options, onSuccess, onFailure);
  }

  setUserVisibility(enable, onSuccess, onFailure) {
    return request(this, 'setUserVisibility', { enable }, onSuccess, onFailure);
  }

  updateToken(token, onSuccess, onFailure) {
    return request(this, 'updateToken', { token }, onSuccess, onFailure);
  }

  reportPusherStateChange(code, message) {
    const event = readNativeEvent(code);
    report(this, 'reportPusherStateChange', {
      code: Number(either(event.code, code)),
      message: either(event.message, message),
    });
  }

  reportPusherNetStatusChange(info) {
    report(this, 'reportPusherNetStatusChange', { info: either(readNativeEvent(info).info, info) });
  }

  reportPlayerStateChange(uid, code, message, screen) {
    const event = Object.assign(readNativeEvent(uid), readNativeEvent(code));
    report(this, 'reportPlayerStateChange', {
      uid: either(event.uid, uid),
      code: Number(either(event.code, code)),
      message: either(event.message, message),
      screen: isScreen(either(event.screen, screen)),
    });
  }

  reportPlayerNetStatusChange(uid, info, screen) {
    const event = Object.assign(readNativeEvent(uid), readNativeEvent(info));
    report(this, 'reportPlayerNetStatusChange', {
      uid: either(event.uid, uid),
      info: either(event.info, info),
      screen: isScreen(either(event.screen, screen)),
    });
  }
}

/** Options that every `init` starts from, so that pages written for the vendor's SDK need only `init(appId)`. */
Client.defaults = {};

function request(client, method, args, onSuccess, onFailure) {
  const { instance } = ownOf(client);
  return instance.request(method, args, instance.outcome(onSuccess, onFailure));
}

/** A request about one remote user, whose options may be left out. */
function requestOf(client, method, uid, options, onSuccess, onFailure) {
  if (typeof options === 'function') return requestOf(client, method, uid, {}, options, onSuccess);
  return requestWith(client, method, options, { uid }, onSuccess, onFailure);
}

function requestWith(client, method, options, args, onSuccess, onFailure) {
  const { instance } = ownOf(client);
  const outcome = instance.outcome(onSuccess, onFailure);
  const fault = faultIn(method, options);
  if (!fault) return instance.request(method, Object.assign({}, options, args), outcome);
  outcome.reject(new RtcError(ERROR_CODES.INVALID_PARAMS, fault));
  return outcome.promise;
}

function report(client, method, args) {
  ownOf(client).instance.report(method, args);
}

function either(value, otherwise) {
  return value === undefined ? otherwise : value;
}

/** Vue leaves what says so as it is: its Proxies would see nothing of a client change. */
Object.defineProperty(Client.prototype, '__v_skip', { value: true });
