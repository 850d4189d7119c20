/** How an application uses the typings. Lines after `@ts-expect-error` must not compile. */
import RTC, { Client, ERROR_CODES, EVENTS, version } from '../../../js-glue/index.js';
import type { BackgroundPolicy, ConnectionState, InitOptions, RtcError } from '../../../js-glue/index.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

// The guide's page.
const client = new Client();
client.init('app');
client.join('token', 'room', 'user');
client.publish().then((url) => holds<Equal<typeof url, string>>());
client.subscribe('alice', { screen: false }).then((url) => url.length);

// Each shape of init.
const options: InitOptions = {
  gateway: ['wss://a/v1'],
  wasmPath: 'sub/x.wasm.br',
  transport: 'flv',
  logLevel: 'silent',
  background: 'leave',
  fallback: () => null,
};
Client.defaults = options;
client.init('app', options);
client.init(
  'app',
  options,
  () => {},
  (error) => error.code,
);
client.init(
  'app',
  () => {},
  (error) => holds<Equal<typeof error, RtcError>>(),
);
client.init('app', { configUrl: 'https://a' }).then((value) => holds<Equal<typeof value, void>>());
// @ts-expect-error the app id is required
client.init();
client.init('app', { transport: 'web' });
// @ts-expect-error no such transport
client.init('app', { transport: 'hls' });
// @ts-expect-error no such policy
client.init('app', { background: 'pause' });

// Callbacks and promises carry the same value.
client.join(
  'token',
  'room',
  'user',
  (userId) => holds<Equal<typeof userId, string>>(),
  (error) => error.reason,
);
client.setBusinessId('b').then((accepted) => holds<Equal<typeof accepted, boolean>>());
client.subscribe('alice').catch((error: RtcError) => error.code === ERROR_CODES.UID_NOT_FOUND);
client.subscribe('alice', (url) => holds<Equal<typeof url, string>>());
client.subscribe('alice', null, (url) => url.length, undefined);
client.unsubscribe('alice', { screen: true });
client.muteLocal({ audio: true, video: false });
// @ts-expect-error both tracks must be said
client.muteLocal({ audio: true });
client.muteRemote('alice', { audio: true, video: true, screen: true });
client.setUserVisibility(
  false,
  () => {},
  () => {},
);
client.updateToken('token').then((value) => holds<Equal<typeof value, void>>());
client.leave().then(() => client.destroy());

// Events.
client.on(EVENTS.STREAM_ADDED, ({ uid, screen, streamPublishState }) => {
  holds<Equal<typeof uid, string>>();
  holds<Equal<typeof screen, boolean>>();
  holds<Equal<typeof streamPublishState.audio, boolean>>();
});
client.once(EVENTS.UPDATE_URL, ({ url }) => url.length).on('peer-online', ({ uid }) => uid.length);
client.on(EVENTS.CLIENT_BANNED, ({ reason }) => reason.length);
client.on(EVENTS.CONNECTION_STATE_CHANGED, ({ current }) => holds<Equal<typeof current, ConnectionState>>());
client.on(EVENTS.ERROR, ({ code, reason }) => [code, reason]);
client.on(EVENTS.TOKEN_WILL_EXPIRE, ({ expiresIn, scope }) => {
  holds<Equal<typeof expiresIn, number>>();
  holds<Equal<typeof scope, 'token' | 'publish' | 'subscribe'>>();
});
client.on(EVENTS.STREAM_CONTROL, ({ uid, screen, action, sequence, background }) => {
  holds<Equal<typeof action, 'start' | 'play-again' | 'remount' | 'stop'>>();
  holds<Equal<typeof background, BackgroundPolicy>>();
  return [uid.length, screen === true, sequence + 1];
});
// @ts-expect-error a peer has no url
client.on(EVENTS.PEER_LEAVE, ({ url }) => url);
client.on('of-the-app', (a, b) => [a, b]);
client.emit('of-the-app', 1, 2);
client.off(EVENTS.ERROR).removeAllListeners().removeAllListeners(EVENTS.ERROR);
const count: number = client.listenerCount(EVENTS.ERROR);

// Reports: separate values, or events.
client.reportPusherStateChange(1002, 'push begins');
client.reportPusherStateChange({ detail: { code: 1002 } });
client.reportPusherNetStatusChange({ videoBitrate: 1 });
// What WeChat's own typings say that the tags give.
export const native = {
  pusherStateChange: (e: WechatMiniprogram.LivePusherStateChange) => client.reportPusherStateChange(e.detail.code),
  pusherNetStatus: (e: WechatMiniprogram.LivePusherNetStatus) => [
    client.reportPusherNetStatusChange(e.detail.info),
    client.reportPusherNetStatusChange(e),
  ],
  playerNetStatus: (e: WechatMiniprogram.LivePlayerNetStatus) =>
    client.reportPlayerNetStatusChange('alice', e.detail.info),
};
// @ts-expect-error no statistics
client.reportPusherNetStatusChange('nonsense');
// The default is the whole package.
holds<Equal<typeof RTC.Client, typeof Client>>();
void new RTC.Client().init('app');
client.reportPlayerStateChange('alice', 2004, '', true);
client.reportPlayerStateChange('alice', { detail: {} });
client.reportPlayerStateChange({ detail: {} });
client.reportPlayerNetStatusChange('alice', {}, '1');
// @ts-expect-error a code is a number
client.reportPusherStateChange('1002');

// Constants.
holds<Equal<typeof ERROR_CODES.MUTE_LOCAL_ERRO, typeof ERROR_CODES.MUTE_LOCAL_ERROR>>();
const connected: boolean = client.state === 'connected';
// @ts-expect-error the state is read only
client.state = 'idle';
export const used = [count, connected, version.length, client.toJSON().state];
