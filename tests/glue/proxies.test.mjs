/** A Client where frameworks put it: into Vue's reactive state, behind any Proxy, into data that is copied. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { failure, NOWHERE, start } from './phone.mjs';

const vue = createRequire(new URL('../../js-glue/package.json', import.meta.url))('vue');
const APP = '0123456789abcdef01234567';
const NOT_IN_ROOM = 100002;

const HOLDERS = {
  reactive: (client) => vue.reactive({ client }).client,
  'reactive, the client itself': (client) => vue.reactive(client),
  readonly: (client) => vue.readonly({ client }).client,
  shallowReactive: (client) => vue.shallowReactive({ client }).client,
  ref: (client) => vue.ref(client).value,
  'a Proxy': (client) => new Proxy(client, {}),
  'a Proxy whose objects are Proxies': (client) => deep(client),
  'a derived object': (client) => Object.create(client),
};

/** As Vue's, but without heeding marks: every object that is read comes as a Proxy. */
function deep(target) {
  return new Proxy(target, {
    get(object, name, receiver) {
      const value = Reflect.get(object, name, receiver);
      return typeof value === 'object' && value !== null ? deep(value) : value;
    },
  });
}

for (const [holder, hold] of Object.entries(HOLDERS)) {
  test(`every member works through ${holder}`, async (t) => {
    const { phone, sdk } = await start(t);
    const client = new sdk.Client();
    const held = hold(client);
    assert.equal(held.state, 'idle');
    const heard = [];
    const listener = (value) => heard.push(value);
    held.on('mine', listener).once('mine', listener).addListener('other', listener);
    assert.equal(client.emit('mine', 1), true);
    assert.equal(held.emit('mine', 2), true);
    assert.deepEqual(heard, [1, 1, 2]);
    assert.deepEqual(
      [held.listenerCount('mine'), held.listeners('mine').length, [...held.eventNames()].length],
      [1, 1, 2],
    );
    held.removeListener('other', listener).off('mine').removeAllListeners();
    assert.equal(client.eventNames().length, 0);

    await held.init(APP, { gateway: NOWHERE });
    assert.equal(await held.setBusinessId('b'), true);
    held.reportPusherStateChange(1002);
    held.reportPusherNetStatusChange({});
    held.reportPlayerStateChange('alice', 2004);
    held.reportPlayerNetStatusChange('alice', {});
    const mute = { audio: true, video: true };
    for (const call of [
      () => held.publish(),
      () => held.unpublish(),
      () => held.subscribe('alice'),
      () => held.unsubscribe('alice'),
      () => held.muteLocal(mute),
      () => held.muteRemote('alice', mute),
      () => held.updateToken('token'),
    ])
      assert.equal((await failure(call())).name, 'RtcError');
    assert.equal((await failure(held.publish())).code, NOT_IN_ROOM);
    assert.equal((await failure(held.join('token', 'room', 'me'))).name, 'RtcError');
    // Neither needs a room.
    await held.setUserVisibility(true);
    await held.leave();
    assert.equal(JSON.stringify(held), JSON.stringify({ state: client.state }));
    await held.destroy();
    assert.equal(client.state, 'disconnected');
    assert.deepEqual(phone.faults, []);
  });
}

test('page data keeps of a client what JSON does, also copied by value', async (t) => {
  const { sdk } = await start(t);
  const client = new sdk.Client();
  assert.deepEqual(JSON.parse(JSON.stringify({ data: { client } })), { data: { client: { state: 'idle' } } });
  assert.deepEqual(Object.keys(client), []);
});

test('what is no Client is told so, by every member', async (t) => {
  const { sdk } = await start(t);
  const copy = Object.assign(Object.create(sdk.Client.prototype), new sdk.Client());
  const members = Object.getOwnPropertyNames(sdk.Client.prototype).filter(
    (name) => !['constructor', 'state', '__v_skip'].includes(name),
  );
  assert.ok(members.includes('join') && members.includes('toJSON'));
  const readable = {
    name: 'RtcError',
    code: 100001,
    message: /this is no Client: call the method on what new Client\(\) gave/,
  };
  for (const foreign of [undefined, null, {}, 'text', copy, sdk.Client.prototype]) {
    if (foreign !== undefined && foreign !== null && typeof foreign !== 'string') {
      assert.throws(() => Reflect.get(sdk.Client.prototype, 'state', foreign), readable);
    }
    for (const name of [...members.filter((member) => member !== 'toJSON'), 'emit', 'eventNames', 'listenerCount']) {
      assert.throws(
        () => sdk.Client.prototype[name].call(foreign, 'x', () => {}),
        readable,
        `${name} of ${String(foreign === copy ? 'a copy' : typeof foreign)}`,
      );
    }
  }
});
