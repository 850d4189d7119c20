/**
 * When the application hears of outcomes and events: never while the module runs, and in the order in which the core
 * makes them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENTRY, NOWHERE, pause, silentServer, start, wrapModule } from './phone.mjs';

const { app: APP, token, room, user } = ENTRY;

const CORE_FAILED = 200005;

for (const macrotaskPromise of [false, true]) {
  test(`no listener or callback runs while the module does (Promise reactions as ${macrotaskPromise ? 'macro' : 'micro'}tasks)`, async (t) => {
    const { phone, sdk } = await start(t, { macrotaskPromise });
    let depth = 0;
    let entered = 0;
    wrapModule(phone, (_name, run) => {
      depth += 1;
      entered += 1;
      try {
        return run();
      } finally {
        depth -= 1;
      }
    });
    const client = new sdk.Client();
    const seen = [];
    const look = (what) => () => seen.push([what, depth]);
    for (const event of Object.values(sdk.EVENTS)) {
      client.on(event, () => {
        look(event)();
        // A call made by a listener waits as well.
        const before = entered;
        client.publish(undefined, look('publish'));
        assert.equal(entered, before);
      });
    }
    await client.init(APP, { gateway: NOWHERE }, look('init'));
    client.join(token, room, user, look('join'), look('join'));
    await pause(50);
    await client.leave().catch(() => {});
    await client.destroy(look('destroy'));
    await pause(50);
    assert.ok(
      seen.some(([what]) => what === 'connection-state-changed'),
      JSON.stringify(seen),
    );
    assert.deepEqual(
      seen.filter(([, inside]) => inside !== 0),
      [],
    );
    assert.deepEqual(phone.faults, []);
  });
}

for (const macrotaskPromise of [false, true]) {
  const kind = `${macrotaskPromise ? 'macro' : 'micro'}tasks`;

  test(`events and outcomes come in the order in which the core makes them (${kind})`, async (t) => {
    const { phone, made, byPromise, byCallback, call } = await listen(t, macrotaskPromise);
    call('join', token, room, user);
    await phone.waitFor(() => byPromise.length === 1, 2000, 'the state told');
    call('publish');
    call('leave');
    call('join', token, room, user);
    await phone.waitFor(() => made.filter((what) => what === 'outcome').length >= 3, 5000, 'the outcomes');
    // The server never answers, so a leave that it was told of takes 3 s.
    await pause(3300);
    assert.ok(made.includes('event'), made.join());
    assert.deepEqual(byPromise, made);
    assert.deepEqual(byCallback, made);
  });

  test(`what a client that ends has made is heard first, then its end (${kind})`, async (t) => {
    const { phone, client, made, byPromise, byCallback, call } = await listen(t, macrotaskPromise);
    call('join', token, room, user);
    await phone.waitFor(() => byPromise.length === 1, 2000, 'the state told');
    call('publish');
    let before;
    client.destroy(() => {
      before = [byPromise, byCallback].map((heard) => heard.join());
    });
    await phone.waitFor(() => before, 5000, 'the end');
    // The client itself tells the outcome of `destroy`, when all else is told.
    made.splice(made.lastIndexOf('outcome'), 1);
    assert.deepEqual(before, [made.join(), made.join()]);
  });

  test(`a trap: first what was made before it, then the calls that it ends, then the error (${kind})`, async (t) => {
    let trap = () => {};
    const { phone, sdk, client, made, byPromise, byCallback, call } = await listen(t, macrotaskPromise, () => trap());
    const errors = [];
    client.on(sdk.EVENTS.ERROR, ({ code }) => errors.push(code));
    call('join', token, room, user);
    await phone.waitFor(() => byPromise.length === 1, 2000, 'the state told');
    call('setBusinessId', 'business');
    trap = () => {
      // The core has answered the second call; the page has not heard it yet.
      if (made.length === 1) return;
      throw phone.service.realm.error('unreachable');
    };
    client.reportPusherStateChange(1002, '');
    client.reportPusherStateChange(1002, '');
    await phone.waitFor(() => errors.length, 2000, 'the error');
    // The core made the first two, the client the others: the end of `join`, and the error.
    assert.deepEqual(made, ['event', 'outcome']);
    for (const heard of [byPromise, byCallback]) assert.deepEqual(heard, [...made, 'outcome', 'event']);
    assert.deepEqual(errors, [CORE_FAILED]);
  });
}

/**
 * A client after `init`, whose server never answers: what its core makes, `event` or `outcome` in order, and what the
 * page hears of both, by promises and by callbacks.
 * @param {() => void} [enter] called whenever the module is entered
 */
async function listen(t, macrotaskPromise, enter = () => {}) {
  const { phone, sdk } = await start(t, { macrotaskPromise });
  const server = await silentServer(t);
  const made = [];
  wrapModule(
    phone,
    (_name, run) => {
      enter();
      return run();
    },
    (name) => {
      // Names as wasm-bindgen or the build writes them.
      const [, plain] = /^(?:__wbg_|\$)(emit|settle)(?:_[0-9a-f]{16}|\d*)$/.exec(name) || [];
      if (plain) made.push(plain === 'emit' ? 'event' : 'outcome');
    },
  );
  const client = new sdk.Client();
  await client.init(APP, { gateway: server.url });
  made.length = 0;
  const [byPromise, byCallback] = [[], []];
  for (const event of Object.values(sdk.EVENTS)) {
    client.on(event, () => [byPromise, byCallback].forEach((heard) => heard.push('event')));
  }
  const call = (method, ...parameters) => {
    const told = () => byCallback.push('outcome');
    const settled = () => byPromise.push('outcome');
    client[method](...parameters, told, told).then(settled, settled);
  };
  return { phone, sdk, client, made, byPromise, byCallback, call };
}
