/** v-player: plays the address that `client.subscribe()` gave. */
Component({
  properties: {
    /** Play address. A new address starts the player anew. */
    url: { type: String, value: '', observer: 'urlChanged' },
    /** Who publishes the stream. */
    uid: { type: String, value: '', observer: 'identityChanged' },
    /** `0` camera, `1` screen. */
    screen: { type: String, value: '0', observer: 'identityChanged' },
    /** `init` starting, `ok` playing, `error` failed. The component sets it. */
    state: { type: String, value: 'init' },
    /** live-player mode: `RTC` or `live`. */
    mode: { type: String, value: 'RTC' },
    /** Silence. */
    muted: { type: Boolean, value: false },
    /** `vertical` or `horizontal`. */
    orientation: { type: String, value: 'vertical' },
    /** `fillCrop` or `contain`. */
    objectFit: { type: String, value: 'fillCrop' },
    /** `speaker` or `ear`. */
    soundMode: { type: String, value: 'speaker' },
    /** Least buffer, seconds. */
    minCache: { type: Number, value: 0.2 },
    /** Greatest buffer, seconds. */
    maxCache: { type: Number, value: 0.8 },
    /** Silence in the background. */
    backgroundMute: { type: Boolean, value: true },
    /** Shows WeChat's statistics over the picture. */
    debug: { type: Boolean, value: false },
    /** Text shown in the state `init`. */
    initText: { type: String, value: '播放器启动中' },
    /** Text shown in the state `error`. */
    errorText: { type: String, value: '播放器启动失败' },
  },

  data: {
    /** Whether there is a tag, and the address that it has: apart from `url`, so that a tag never changes its address. */
    mounted: true,
    source: '',
  },

  lifetimes: {
    attached: function () {
      this.setData({ source: this.data.url });
    },
    ready: function () {
      this.connect();
    },
    detached: function () {
      this.stop();
    },
  },

  methods: {
    play: function (options) {
      this.control('play', options);
    },
    stop: function (options) {
      this.control('stop', options);
    },
    pause: function (options) {
      this.control('pause', options);
    },
    resume: function (options) {
      this.control('resume', options);
    },
    /** Turns the sound off, and on again. The property `muted` says which. */
    mute: function (options) {
      this.control('mute', options);
    },
    snapshot: function (options) {
      this.control('snapshot', options);
    },
    requestFullScreen: function (options) {
      this.control('requestFullScreen', options);
    },
    exitFullScreen: function (options) {
      this.control('exitFullScreen', options);
    },

    /** Calls a method of WeChat's LivePlayerContext; `options` are its own: `success`, `fail`, `complete`, … */
    control: function (method, options) {
      var context = this.livePlayerContext;
      if (context && context[method]) context[method](options);
      else if (options && options.fail) options.fail({ errMsg: method + ':fail not supported' });
    },

    bindstatechange: function (e) {
      this.pass('playerstatechange', e);
      var code = e.detail.code;
      if (code === -2301) {
        this.setData({ state: 'error' });
      } else if (code === 2004 && this.data.state !== 'ok') {
        this.setData({ state: 'ok' });
      }
    },
    bindnetstatuschange: function (e) {
      this.pass('playernetstatuschange', e);
    },
    bindfullscreenchange: function (e) {
      this.pass('playerfullscreenchange', e);
    },
    bindaudiovolumenotify: function (e) {
      this.pass('playeraudiovolumenotify', e);
    },
    binderror: function (e) {
      this.pass('playererror', e);
    },

    pass: function (name, e) {
      this.triggerEvent(name, { uid: this.data.uid, screen: this.data.screen, e: e });
    },

    urlChanged: function (url) {
      if (!this.data.source || url === this.data.source) {
        this.setData({ source: url });
        return;
      }
      // A live-player that played one address does not reliably move to another: a new tag does.
      var component = this;
      this.setData({ mounted: false, state: 'init' }, function () {
        component.setData({ mounted: true, source: component.data.url }, function () {
          component.connect();
        });
      });
    },

    identityChanged: function () {
      if (this.livePlayerContext) this.connect();
    },

    connect: function () {
      this.livePlayerContext = wx.createLivePlayerContext('v-player-' + this.data.uid + '-' + this.data.screen, this);
    },
  },
});
