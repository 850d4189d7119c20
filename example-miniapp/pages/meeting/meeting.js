/**
 * The meeting of the integration guide. Opened with the query `gateway, appId, room, user, token`, each URL-encoded: it
 * joins, publishes, shows a tile for each other user, and leaves when it is closed.
 */
const { background } = require('../../config.js');
const { Client, EVENTS } = require('../../lib/miniapp-rtc.min.js');
const { BANNED, explain, LEFT, PERMISSION, PUSH_FAILED } = require('../../notices.js');
const { askForMedia, openSettings } = require('../../permission.js');
const { Tiles } = require('./tiles.js');

Page({
  data: {
    room: '',
    user: '',
    status: '',
    notice: null,
    pushUrl: '',
    control: null,
    mic: true,
    camera: true,
    tiles: [],
  },

  onLoad(query) {
    this.settings = {};
    for (const name of ['gateway', 'appId', 'room', 'user', 'token']) {
      this.settings[name] = decodeURIComponent(query[name] || '');
    }
    this.tiles = new Tiles();
    this.setData({ room: this.settings.room, user: this.settings.user });
    if (wx.setKeepScreenOn) wx.setKeepScreenOn({ keepScreenOn: true });
  },

  onReady() {
    const { appId, gateway } = this.settings;
    const fallback = () => require('../../lib/miniapp-rtc.fallback.js');
    this.client = new Client();
    this.listen();
    this.client
      .init(appId, { gateway: gateway.split(','), background, fallback })
      .then(() => this.join())
      .catch((error) => this.fail(error));
  },

  /** However the page is left, the room is left with it. */
  onUnload() {
    this.closed = true;
    if (wx.setKeepScreenOn) wx.setKeepScreenOn({ keepScreenOn: false });
    if (this.client) this.client.destroy();
  },

  listen() {
    const on = (event, listener) => this.client.on(event, (payload) => this.closed || listener(payload));
    on(EVENTS.CONNECTION_STATE_CHANGED, ({ current, previous }) => {
      this.setData({ status: current });
      if (current === 'connected') {
        if (this.lost) this.setData({ notice: null });
        this.lost = false;
      }
      if (current === 'idle' && previous !== 'connecting') this.clear(LEFT);
    });
    on(EVENTS.PEER_ONLINE, ({ uid }) => this.change(this.tiles.add(uid, false)));
    on(EVENTS.PEER_LEAVE, ({ uid }) => {
      this.change(Object.assign(this.tiles.remove(uid, false), this.tiles.remove(uid, true)));
    });
    on(EVENTS.STREAM_ADDED, ({ uid, screen, streamPublishState }) => {
      this.change(this.tiles.add(uid, screen));
      this.change(this.tiles.update(uid, screen, streamPublishState || { audio: true, video: true }));
      this.subscribe(uid, screen);
    });
    on(EVENTS.STREAM_REMOVED, ({ uid, screen }) => this.change(this.tiles.clear(uid, screen)));
    on(EVENTS.MUTE_AUDIO, ({ uid, screen }) => this.change(this.tiles.update(uid, screen, { audio: false })));
    on(EVENTS.UNMUTE_AUDIO, ({ uid, screen }) => this.change(this.tiles.update(uid, screen, { audio: true })));
    on(EVENTS.MUTE_VIDEO, ({ uid, screen }) => this.change(this.tiles.update(uid, screen, { video: false })));
    on(EVENTS.UNMUTE_VIDEO, ({ uid, screen }) => this.change(this.tiles.update(uid, screen, { video: true })));
    on(EVENTS.UPDATE_URL, ({ uid, screen, url }) => {
      if (uid === this.settings.user) this.setData({ pushUrl: url });
      else this.change(this.tiles.update(uid, screen, { url, failed: false }));
    });
    on(EVENTS.STREAM_CONTROL, (control) => {
      if (control.uid === this.settings.user) this.setData({ control });
      else this.change(this.tiles.update(control.uid, control.screen, { control }));
    });
    on(EVENTS.STREAM_FAILED, ({ uid, screen, reason }) => {
      if (uid === this.settings.user) this.setData({ pushUrl: '', notice: this.pushFailure(reason) });
      else this.change(this.tiles.update(uid, screen, { url: '', failed: true }));
    });
    on(EVENTS.CLIENT_BANNED, () => this.clear(BANNED));
    on(EVENTS.ERROR, (error) => {
      this.lost = true;
      this.fail(error);
    });
  },

  join() {
    const { token, room, user } = this.settings;
    return this.client.join(token, room, user).then(() => this.publish());
  },

  joinAgain() {
    this.setData({ notice: null });
    this.join().catch((error) => this.fail(error));
  },

  /** The room is left: nobody is shown, and nothing is pushed. */
  clear(notice) {
    this.tiles = new Tiles();
    this.setData({ notice, pushUrl: '', tiles: [] });
  },

  publish() {
    return askForMedia().then(
      () =>
        this.client.publish().then((url) => {
          this.change({ pushUrl: url });
          if (!this.data.mic || !this.data.camera) this.mute();
        }),
      () => this.change({ notice: PERMISSION }),
    );
  },

  publishAgain() {
    this.setData({ notice: null });
    this.client
      .unpublish()
      .catch(() => {})
      .then(() => this.publish())
      .catch((error) => this.fail(error));
  },

  allow() {
    openSettings().then(
      () => this.publishAgain(),
      () => {},
    );
  },

  subscribe(uid, screen) {
    this.client.subscribe(uid, { screen }).then(
      (url) => this.change(this.tiles.update(uid, screen, { url, failed: false })),
      (error) => {
        if (this.tiles.has(uid, screen)) this.change(this.tiles.update(uid, screen, { failed: true }));
        this.fail(error);
      },
    );
  },

  playAgain(e) {
    const { uid, screen } = this.data.tiles[e.currentTarget.dataset.slot];
    this.client
      .unsubscribe(uid, { screen })
      .catch(() => {})
      .then(() => this.subscribe(uid, screen));
  },

  toggleMic() {
    this.setData({ mic: !this.data.mic });
    this.mute();
  },

  toggleCamera() {
    this.setData({ camera: !this.data.camera });
    this.mute();
  },

  /** Tells the others; the pusher's properties do the rest. */
  mute() {
    if (!this.data.pushUrl) return;
    this.client.muteLocal({ audio: !this.data.mic, video: !this.data.camera }).catch((error) => this.fail(error));
  },

  switchCamera() {
    const pusher = this.selectComponent('#pusher');
    if (pusher) pusher.switchCamera();
  },

  leave() {
    if (getCurrentPages().length > 1) wx.navigateBack();
    else wx.reLaunch({ url: '/pages/join/join' });
  },

  pusherStateChange(e) {
    const { code, message } = e.detail.detail;
    this.client.reportPusherStateChange(code, message);
  },

  pusherNetStatusChange(e) {
    this.client.reportPusherNetStatusChange(e.detail.detail.info);
  },

  /** 10001 and 10002: the phone refuses camera or microphone, by its own settings or by the privacy guide. */
  pusherError(e) {
    const { errCode: code, errMsg } = e.detail.detail;
    this.client.reportPusherStateChange(code, errMsg);
    if (code === 10001 || code === 10002)
      this.setData({ notice: Object.assign({}, PERMISSION, { detail: `${code}` }) });
  },

  /** A notice that leads to the settings helps more than one that says that the stream broke: it stays. */
  pushFailure(reason) {
    const { notice } = this.data;
    return notice && notice.action === PERMISSION.action ? notice : Object.assign({ detail: reason }, PUSH_FAILED);
  },

  playerStateChange(e) {
    const { uid, screen, e: event } = e.detail;
    this.client.reportPlayerStateChange(uid, event.detail.code, event.detail.message, screen);
  },

  playerNetStatusChange(e) {
    const { uid, screen, e: event } = e.detail;
    this.client.reportPlayerNetStatusChange(uid, event.detail.info, screen);
  },

  change(paths) {
    if (!this.closed && Object.keys(paths).length) this.setData(paths);
  },

  fail(error) {
    this.change({ notice: explain(error) });
  },
});
