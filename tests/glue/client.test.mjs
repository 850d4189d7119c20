/** The Client with its real module: queue, promises and callbacks, failures of the module. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENTRY, failure, NOWHERE, pause, silentServer, start, wrapModule } from './phone.mjs';

const { app: APP, token, room, user } = ENTRY;
const CODES = {
  INVALID_PARAMS: 100001,
  NOT_IN_ROOM: 100002,
  HAS_INITED: 100008,
  NOT_INITED: 100011,
  CORE_FAILED: 200005,
  NO_WEBSOCKET_URL: 200003,
};

test('the package exports four names and puts nothing on the global object', async (t) => {
  const { phone, sdk } = await start(t);
  assert.deepEqual(Object.keys(sdk).sort(), ['Client', 'ERROR_CODES', 'EVENTS', 'version']);
  assert.match(sdk.version, /^\d+\.\d+\.\d+/);
  const client = new sdk.Client();
  await client.init(APP, { gateway: NOWHERE });
  assert.deepEqual([...phone.addedGlobals()], []);
  assert.deepEqual(phone.faults, []);
});

test('calls before the module is ready wait in line and settle in order', async (t) => {
  const { sdk } = await start(t);
  const client = new sdk.Client();
  const settled = [];
  const note = (name) => (value) => settled.push([name, value?.code ?? value]);
  client.init(APP, { gateway: NOWHERE }, note('init'));
  client.setBusinessId('business', note('setBusinessId'));
  client.join('token', 'no room!', 'me', undefined, note('join'));
  client.publish(undefined, note('publish'));
  await client.setBusinessId('business').then(note('last'));
  assert.deepEqual(settled, [
    ['init', undefined],
    ['setBusinessId', true],
    ['join', CODES.INVALID_PARAMS],
    ['publish', CODES.NOT_IN_ROOM],
    ['last', true],
  ]);
});

test('calls before init and after destroy are refused, init twice too, destroy never', async (t) => {
  const { phone, sdk } = await start(t);
  const client = new sdk.Client();
  assert.equal(client.state, 'idle');
  assert.deepEqual(await failure(client.join('token', 'room', 'me')), {
    name: 'RtcError',
    code: CODES.NOT_INITED,
    reason: 'call init(appId) before join',
    message: 'call init(appId) before join (100011)',
  });
  const first = client.init(APP, { gateway: NOWHERE });
  assert.equal((await failure(client.init(APP, { gateway: NOWHERE }))).code, CODES.HAS_INITED);
  await first;
  assert.equal((await failure(client.init(APP, { gateway: NOWHERE }))).code, CODES.HAS_INITED);
  await client.destroy();
  await client.destroy();
  assert.match((await failure(client.join('token', 'room', 'me'))).reason, /destroyed; make a new one/);
  assert.match((await failure(client.init(APP))).reason, /destroyed; make a new one/);
  assert.equal(client.state, 'disconnected');
  await new sdk.Client().destroy();
  assert.deepEqual(phone.faults, []);
});

test('each shape of init, and options that every init starts from', async (t) => {
  const { sdk } = await start(t);
  sdk.Client.defaults = { gateway: NOWHERE };
  await new sdk.Client().init(APP);
  await new Promise((resolve, reject) => {
    new sdk.Client().init(APP, resolve, reject);
  });
  await new sdk.Client().init(APP, { gateway: [NOWHERE, NOWHERE], transport: 'flv', logLevel: 'silent' });
  assert.equal((await failure(new sdk.Client().init(APP, { gateway: [] }))).code, CODES.NO_WEBSOCKET_URL);
  const { code, reason } = await failure(new sdk.Client().init(''));
  assert.equal(code, CODES.INVALID_PARAMS, reason);
  for (const background of ['keep-audio', 'mute', 'leave', undefined]) await new sdk.Client().init(APP, { background });
  const refused = await failure(new sdk.Client().init(APP, { background: 'pause' }));
  assert.equal(refused.code, CODES.INVALID_PARAMS);
  assert.match(refused.reason, /background/);
});

test('subscribe, unsubscribe and muteRemote do without options, or with undefined ones', async (t) => {
  const { sdk } = await start(t);
  const client = new sdk.Client();
  await client.init(APP, { gateway: NOWHERE });
  for (const call of [
    client.subscribe('alice'),
    client.subscribe('alice', null),
    client.subscribe('alice', { screen: undefined, audio: undefined }),
    new Promise((resolve, reject) => {
      client.subscribe('alice', resolve, reject);
    }),
    client.unsubscribe('alice'),
    client.muteRemote('alice', { audio: true, video: false, screen: undefined }),
  ])
    assert.equal((await failure(call)).code, CODES.NOT_IN_ROOM);
  for (const call of [
    client.subscribe(7),
    client.subscribe(),
    client.subscribe('alice', { screen: 'yes' }),
    client.muteRemote('alice'),
  ]) {
    const { code, reason } = await failure(call);
    assert.equal(code, CODES.INVALID_PARAMS, reason);
  }
});

test('a callback that throws does not touch the promise, and is reported', async (t) => {
  const { phone, sdk } = await start(t);
  const client = new sdk.Client();
  await client.init(APP, { gateway: NOWHERE }, () => {
    throw new Error('in onSuccess');
  });
  assert.equal(
    (
      await failure(
        client.publish(undefined, () => {
          throw new Error('in onFailure');
        }),
      )
    ).code,
    CODES.NOT_IN_ROOM,
  );
  const printed = phone.consoleLog
    .filter(({ level }) => level === 'error')
    .map(({ message }) => message)
    .join('\n');
  assert.match(printed, /in onSuccess/);
  assert.match(printed, /in onFailure/);
  assert.deepEqual(phone.faults, []);
});

test('a rejection is unhandled only when neither a callback nor the promise is looked at', async (t) => {
  const { phone, sdk } = await start(t);
  const client = new sdk.Client();
  await client.init(APP, { gateway: NOWHERE });
  client.publish(undefined, () => {});
  client.publish(() => {}).catch(() => {});
  await pause(50);
  assert.deepEqual(phone.faults, []);
  client.publish(() => {});
  await phone.waitFor(() => phone.faults.length, 1000, 'the unhandled rejection');
  assert.equal(phone.faults[0].kind, 'unhandled-rejection');
});

test('a missing module: one clear error that names the path and the option, and init can be repeated', async (t) => {
  const { phone, sdk } = await start(t);
  const client = new sdk.Client();
  const outcomes = [
    failure(client.init(APP, { gateway: NOWHERE, wasmPath: 'lib/none.wasm' })),
    failure(client.join(token, room, user)),
  ];
  for (const { code, reason } of await Promise.all(outcomes)) {
    assert.equal(code, CODES.CORE_FAILED);
    assert.match(reason, /cannot load lib\/none\.wasm: .*not in the code package.*wasmPath/);
  }
  await client.init(APP, { gateway: NOWHERE });
  assert.equal(await client.setBusinessId('business'), true);
  assert.deepEqual(phone.faults, []);
});

test('a WeChat without WXWebAssembly, and one whose loader never answers, are told apart', async (t) => {
  const { phone, sdk } = await start(t, { wxWebAssembly: false });
  assert.match((await failure(new sdk.Client().init(APP, { gateway: NOWHERE }))).reason, /has no WXWebAssembly/);
  const { realm } = phone.service;
  realm.define('WXWebAssembly', realm.handOver({ instantiate: () => realm.promise(() => {}) }));
  assert.match((await failure(new sdk.Client().init(APP, { gateway: NOWHERE }))).reason, /no answer in 10000 ms/);
});

test('a trap ends its Client and says so; other Clients go on', async (t) => {
  const { phone, sdk } = await start(t);
  const server = await silentServer(t);
  let trap = false;
  wrapModule(phone, (_name, run, instance) => {
    if (trap && instance === 0) throw phone.service.realm.error('unreachable');
    return run();
  });
  const [broken, sound] = [new sdk.Client(), new sdk.Client()];
  await broken.init(APP, { gateway: server.url });
  await sound.init(APP, { gateway: NOWHERE });
  const errors = [];
  broken.on(sdk.EVENTS.ERROR, (error) => errors.push(error));
  const joining = failure(broken.join(token, room, user));
  await phone.waitFor(() => server.sockets.size === 1, 2000, 'the socket');

  trap = true;
  broken.reportPusherStateChange(1002, '');
  const { code, reason } = await joining;
  assert.equal(code, CODES.CORE_FAILED);
  assert.match(reason, /core of this Client failed: unreachable.*Make a new Client/);
  await pause(20);
  assert.deepEqual(
    errors.map((error) => error.code),
    [CODES.CORE_FAILED],
  );
  assert.equal((await failure(broken.leave())).code, CODES.CORE_FAILED);
  assert.equal(broken.state, 'disconnected');
  await phone.waitFor(() => server.sockets.size === 0, 2000, 'the socket to close');

  assert.equal(await sound.setBusinessId('business'), true);
  await pause(3500);
  assert.deepEqual(errors.length, 1);
  await broken.destroy();
  assert.deepEqual(phone.faults, []);
});

for (const [what, isNext] of [
  ['a task', () => true],
  ['a timer or a socket', (server) => server.sockets.size === 1],
]) {
  test(`a trap in ${what} ends its Client as well`, async (t) => {
    const { phone, sdk } = await start(t);
    const server = await silentServer(t);
    let depth = 0;
    let trap = false;
    wrapModule(phone, (name, run) => {
      if (trap && depth === 0 && !/^(core_|__wbg_|__wbindgen_)/.test(name))
        throw phone.service.realm.error('unreachable');
      depth += 1;
      try {
        return run();
      } finally {
        depth -= 1;
      }
    });
    const client = new sdk.Client();
    await client.init(APP, { gateway: server.url });
    const joining = failure(client.join(token, room, user));
    await phone.waitFor(() => isNext(server), 2000, what);
    trap = true;
    assert.match((await joining).reason, /failed: unreachable/);
    await phone.waitFor(() => server.sockets.size === 0, 2000, 'the socket to close');
    assert.deepEqual(phone.faults, []);
  });
}

test('lifecycle listeners are there while a Client lives, and gone after destroy', async (t) => {
  const { phone, sdk } = await start(t);
  const { onMemoryWarning, ...told } = phone.wx.device.listeners;
  const counts = () =>
    [phone.wx.life.onAppShow, phone.wx.life.onAppHide, ...Object.values(told)].map(({ count }) => count);
  const before = counts();
  const client = new sdk.Client();
  await client.init(APP, { gateway: NOWHERE });
  assert.deepEqual(
    counts(),
    before.map((count) => count + 1),
  );
  phone.hide();
  phone.show();
  phone.setNetwork({ isConnected: false });
  phone.setNetwork({ isConnected: true, weakNet: true });
  phone.audioInterruption('begin');
  phone.audioInterruption('end');
  await pause(20);
  await client.destroy();
  assert.deepEqual(counts(), before);
  assert.equal(phone.stats().sockets, 0);
  assert.deepEqual(phone.faults, []);
});

test('a client in page data does no harm', async (t) => {
  const { phone, sdk } = await start(t);
  const client = new sdk.Client();
  client.on(sdk.EVENTS.ERROR, () => {});
  await client.init(APP, { gateway: NOWHERE });
  phone.page.call('setData', { client });
  assert.equal(JSON.stringify({ client }), '{"client":{"state":"idle"}}');
  assert.deepEqual([Object.keys(client), Object.getOwnPropertySymbols(client)], [[], []]);
  assert.equal(await client.setBusinessId('business'), true);
  // The phone itself remarks that an instance of a class is no data.
  assert.deepEqual(
    phone.faults.filter(({ kind }) => kind !== 'set-data'),
    [],
  );
});

test('reports go in by value or by event, and nonsense disturbs nothing', async (t) => {
  const { phone, sdk } = await start(t);
  const client = new sdk.Client();
  client.reportPusherStateChange(1002, 'before init');
  await client.init(APP, { gateway: NOWHERE });
  const event = { detail: { code: 1002, message: 'push begins' } };
  for (const given of [[1002, 'push begins'], [event], [{ detail: event }], ['1002'], [], [null], [{}]])
    client.reportPusherStateChange(...given);
  for (const given of [
    ['alice', 2004, ''],
    ['alice', 2004, '', true],
    ['alice', event],
    [{ detail: { uid: 'alice', screen: '1', e: event } }],
    [],
  ])
    client.reportPlayerStateChange(...given);
  for (const given of [[{ videoBitrate: '300' }], [{ detail: { info: { videoFPS: 15 } } }], []])
    client.reportPusherNetStatusChange(...given);
  for (const given of [
    ['alice', {}],
    ['alice', {}, 1],
    [{ detail: { uid: 'alice', e: { detail: { info: {} } } } }],
    [],
  ])
    client.reportPlayerNetStatusChange(...given);
  assert.equal(await client.setBusinessId('business'), true);
  assert.equal(client.state, 'idle');
  assert.deepEqual(phone.faults, []);
});
