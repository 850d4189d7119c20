import { nativeTag } from '../native-tag.js';

/** v-player: plays the address that `client.subscribe()` gave. */
Component({
  // Written by native-tags.mjs; the README says what each means.
  properties: {
    url: { type: String, value: '', observer: 'urlChanged' },
    control: { type: null, value: null, observer: 'controlChanged' },
    uid: { type: String, value: '', observer: 'identityChanged' },
    screen: { type: String, value: '0', observer: 'identityChanged' },
    state: { type: String, value: 'init' },
    initText: { type: String, value: '播放器启动中' },
    errorText: { type: String, value: '播放器启动失败' },
    mode: { type: String, value: 'RTC' },
    muted: { type: Boolean, value: false },
    orientation: { type: String, value: 'vertical' },
    objectFit: { type: String, value: 'fillCrop' },
    soundMode: { type: String, value: 'speaker' },
    minCache: { type: Number, value: 0.2 },
    maxCache: { type: Number, value: 0.8 },
    backgroundMute: { type: Boolean, value: true },
    autoPauseIfNavigate: { type: Boolean, value: true },
    autoPauseIfOpenNative: { type: Boolean, value: true },
    pictureInPictureMode: { type: null, value: '' },
    referrerPolicy: { type: String, value: 'no-referrer' },
    enableAutoRotation: { type: Boolean, value: false },
    enableCasting: { type: Boolean, value: false },
    debug: { type: Boolean, value: false },
  },

  data: {
    ...nativeTag.data,
  },

  lifetimes: {
    ...nativeTag.lifetimes,
  },

  methods: {
    play: function (options) {
      this.command('play', options);
    },
    stop: function (options) {
      this.isEnding = true;
      this.command('stop', options);
    },
    pause: function (options) {
      this.command('pause', options);
    },
    resume: function (options) {
      this.command('resume', options);
    },
    /** Turns the sound off, and on again. The property `muted` says which. */
    mute: function (options) {
      this.command('mute', options);
    },
    snapshot: function (options) {
      this.command('snapshot', options);
    },
    requestFullScreen: function (options) {
      this.command('requestFullScreen', options);
    },
    exitFullScreen: function (options) {
      this.command('exitFullScreen', options);
    },

    bindstatechange: function (e) {
      var code = e.detail.code;
      // 2006: playback ended. By our own stop, that is no news.
      if (code === 2006 && this.isEnding) return;
      if (!this.isCurrent(e)) return;
      this.isEnding = false;
      this.triggerEvent('playerstatechange', this.named(e));
      if (code === -2301) {
        this.setData({ state: 'error' });
      } else if (code === 2004 && this.data.state !== 'ok') {
        this.setData({ state: 'ok' });
      }
    },
    bindnetstatus: function (e) {
      if (this.isCurrent(e)) this.triggerEvent('playernetstatuschange', this.named(e));
    },
    /** An event that means nothing to the component. */
    pass: function (e) {
      if (this.isCurrent(e)) this.triggerEvent('player' + e.type, this.named(e));
    },

    /** An event of the tag, with the stream it is of. */
    named: function (e) {
      return { uid: this.data.uid, screen: this.data.screen, e: e };
    },

    ...nativeTag.methods,

    begin: function () {
      this.play();
    },

    context: function () {
      return this.livePlayerContext;
    },

    identityChanged: function () {
      if (this.livePlayerContext) this.connect();
    },

    connect: function () {
      this.livePlayerContext = wx.createLivePlayerContext('v-player-' + this.data.uid + '-' + this.data.screen, this);
    },
  },
});
