/** Options that are misspelt or of the wrong kind: refused, with what is allowed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, NOWHERE, start } from './phone.mjs';

const APP = '0123456789abcdef01234567';

const REFUSED = {
  'a misspelt name': [
    { gatway: NOWHERE },
    /^init: no option is called gatway; there are gateway, configUrl, wasmPath, fallback, transport, background, outlivesPage, logLevel$/,
  ],
  'a name in other letters': [{ wasmpath: 'lib/x.wasm' }, /no option is called wasmpath/],
  'a transport in other letters': [{ transport: 'FLV' }, /transport must be rtmp, flv or web/],
  'no transport at all': [{ transport: 5 }, /transport must be a string/],
  'an unknown policy': [{ background: 'pause' }, /background must be keep-audio, mute or leave/],
  'an unknown level': [{ logLevel: 'verbose' }, /logLevel must be one of silent, error, warn, info, debug/],
  'a gateway that is no text': [{ gateway: 5 }, /gateway must be a string or an array of strings/],
  'gateways that are no texts': [{ gateway: [NOWHERE, 5] }, /gateway must be a string or an array of strings/],
  'what require gave instead of a function': [{ fallback: {} }, /fallback must be a function/],
  'a path that is no text': [{ wasmPath: true }, /wasmPath must be a string/],
  'a word for a truth': [{ outlivesPage: 'yes' }, /outlivesPage must be true or false/],
  'a text for the options': [NOWHERE, /the options must be an object/],
  'a list for the options': [[NOWHERE], /the options must be an object/],
};

test('init refuses what it does not know, says what it does, and may be called again', async (t) => {
  const { phone, sdk } = await start(t);
  const client = new sdk.Client();
  for (const [name, [options, expected]] of Object.entries(REFUSED)) {
    const given = typeof options === 'object' && !Array.isArray(options) ? { gateway: NOWHERE, ...options } : options;
    const { code, reason } = await failure(client.init(APP, given));
    assert.equal(code, sdk.ERROR_CODES.INVALID_PARAMS, name);
    assert.match(reason, expected, name);
  }
  sdk.Client.defaults = { gatewy: NOWHERE };
  assert.match((await failure(client.init(APP))).reason, /no option is called gatewy/, 'defaults too');
  sdk.Client.defaults = {};
  const nothing = {
    configUrl: undefined,
    wasmPath: null,
    fallback: undefined,
    transport: null,
    background: undefined,
    logLevel: undefined,
    outlivesPage: null,
  };
  await client.init(APP, { gateway: NOWHERE, ...nothing });
  assert.deepEqual(phone.faults, []);
});

test('misspelt options of a call are refused; what other SDKs know and this does not is let be', async (t) => {
  const { sdk } = await start(t);
  const client = new sdk.Client();
  await client.init(APP, { gateway: NOWHERE });
  const { INVALID_PARAMS, NOT_IN_ROOM } = sdk.ERROR_CODES;
  for (const [method, options, code] of [
    ['subscribe', { vidoe: false }, INVALID_PARAMS],
    ['subscribe', { Audio: false }, INVALID_PARAMS],
    ['subscribe', { videos: false }, INVALID_PARAMS],
    ['subscribe', 'video', INVALID_PARAMS],
    ['muteRemote', { audio: true, vdeo: true }, INVALID_PARAMS],
    ['unsubscribe', { sreen: true }, INVALID_PARAMS],
    ['subscribe', { mode: 'RTC', streamType: 1 }, NOT_IN_ROOM],
  ]) {
    assert.equal((await failure(client[method]('alice', options))).code, code, `${method} ${JSON.stringify(options)}`);
  }
  const { code, reason } = await failure(client.muteLocal({ audoi: true, video: false }));
  assert.deepEqual(
    [code, reason],
    [INVALID_PARAMS, 'muteLocal: no option is called audoi; there are audio, video, screen'],
  );
});

test('ids that are numbers: the error says that a string is wanted', async (t) => {
  const { sdk } = await start(t);
  const client = new sdk.Client();
  await client.init(APP, { gateway: NOWHERE });
  assert.equal((await failure(client.join('token', 1001, 'alice'))).reason, 'join: roomId must be a string');
  assert.equal((await failure(client.join('token', 'room', 42))).reason, 'join: userId must be a string');
});

test('where WeChat refuses to tell of the app, init is refused with an RtcError and leaves nothing behind', async (t) => {
  const { phone, sdk } = await start(t);
  const { wx } = phone.service.realm.global;
  const { onAppShow, onNetworkStatusChange } = wx;
  const count = () => phone.wx.life.onAppShow.count;
  const before = count();
  for (const name of ['onAppShow', 'onNetworkStatusChange']) {
    wx[name] = () => {
      throw phone.service.realm.error(`${name}:fail not allowed`);
    };
    const { name: kind, code, reason } = await failure(new sdk.Client().init(APP, { gateway: NOWHERE }));
    assert.deepEqual([kind, code], ['RtcError', sdk.ERROR_CODES.CORE_FAILED]);
    assert.match(reason, new RegExp(`${name}:fail not allowed`));
    assert.equal(count(), before, 'no listener is left');
    Object.assign(wx, { onAppShow, onNetworkStatusChange });
  }
});
