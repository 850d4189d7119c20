/** When the application hears of outcomes and events: never while the module runs, and in the order in which the core makes them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENTRY, NOWHERE, pause, silentServer, start, wrapModule } from './phone.mjs';

const { app: APP, token, room, user } = ENTRY;

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
  test(`events and outcomes come in the order in which the core makes them (${macrotaskPromise ? 'macro' : 'micro'}tasks)`, async (t) => {
    const { phone, sdk } = await start(t, { macrotaskPromise });
    const server = await silentServer(t);
    const made = [];
    // The core settles a call by calling the promise's resolve or reject. Names as wasm-bindgen or the build writes them.
    wrapModule(
      phone,
      (_name, run) => run(),
      (name) => {
        const [, plain] = /^(?:__wbg_|\$)(emit|call)(?:_[0-9a-f]{16}|\d*)$/.exec(name) || [];
        if (plain) made.push(plain === 'emit' ? 'event' : 'outcome');
      },
    );
    const client = new sdk.Client();
    await client.init(APP, { gateway: server.url });
    made.length = 0;
    const byPromise = [];
    const byCallback = [];
    for (const event of Object.values(sdk.EVENTS))
      client.on(event, () => {
        byPromise.push('event');
        byCallback.push('event');
      });
    const call = (method, ...parameters) => {
      const heard = () => {
        byCallback.push('outcome');
      };
      const settled = () => {
        byPromise.push('outcome');
      };
      client[method](...parameters, heard, heard).then(settled, settled);
    };
    call('join', token, room, user);
    await phone.waitFor(
      () => server.sockets.size === 1 && byPromise.length === 1,
      2000,
      'the socket, and the state told',
    );
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
}
