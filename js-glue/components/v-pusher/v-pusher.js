/**
 * v-pusher: pushes the camera and microphone to the address that `client.publish()` gave.
 * A page may hold one live-pusher only, a rule of WeChat.
 */
Component({
  properties: {
    /** Push address. A new address starts the pusher anew. */
    url: { type: String, value: '', observer: 'urlChanged' },
    /** Whether the camera is on. */
    enableCamera: { type: Boolean, value: true },
    /** Whether the microphone is on. */
    enableMic: { type: Boolean, value: true },
    /** Beauty filter, 0 (off) to 9. */
    beauty: { type: Number, value: 0 },
    /** Whitening, 0 (off) to 9. */
    whiteness: { type: Number, value: 0 },
    /** `init` starting, `ok` pushing, `error` failed. The component sets it. */
    state: { type: String, value: 'init' },
    /** live-pusher mode: `RTC`, `SD`, `HD`, `FHD`. */
    mode: { type: String, value: 'RTC' },
    /** Least video bit rate, kbps. */
    minBitrate: { type: Number, value: 200 },
    /** Greatest video bit rate, kbps. */
    maxBitrate: { type: Number, value: 500 },
    /** Shape of the picture: `3:4` or `9:16`. */
    aspect: { type: String, value: '3:4' },
    /** Camera to begin with: `front` or `back`. */
    devicePosition: { type: String, value: 'front' },
    /** `vertical` or `horizontal`. */
    orientation: { type: String, value: 'vertical' },
    /** Mirror the own preview: `auto` (front camera only), `enable`, `disable`. */
    localMirror: { type: String, value: 'auto' },
    /** Mirror what others see. */
    remoteMirror: { type: Boolean, value: false },
    /** `high` (48 kHz) or `low` (16 kHz). */
    audioQuality: { type: String, value: 'high' },
    /** Silence. WeChat recommends `enable-mic` from base library 2.10.0 on. */
    muted: { type: Boolean, value: false },
    /** Silence in the background. */
    backgroundMute: { type: Boolean, value: false },
    /** Picture that is pushed in the background. */
    waitingImage: { type: String, value: '' },
    /** Shows WeChat's statistics over the picture. */
    debug: { type: Boolean, value: false },
    /** Text shown in the state `init`. */
    initText: { type: String, value: '相机启动中' },
    /** Text shown in the state `error`. */
    errorText: { type: String, value: '相机启动失败' },
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
    start: function (options) {
      this.control('start', options);
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
    switchCamera: function (options) {
      this.control('switchCamera', options);
    },
    toggleTorch: function (options) {
      this.control('toggleTorch', options);
    },
    snapshot: function (options) {
      this.control('snapshot', options);
    },

    /** Calls a method of WeChat's LivePusherContext; `options` are its own: `success`, `fail`, `complete`. */
    control: function (method, options) {
      var context = this.livePusherContext;
      if (context && context[method]) context[method](options);
      else if (options && options.fail) options.fail({ errMsg: method + ':fail not supported' });
    },

    bindstatechange: function (e) {
      this.triggerEvent('pusherstatechange', e);
      var code = e.detail.code;
      if (code === -1307 || code === -1301 || code === -1302) {
        this.setData({ state: 'error' });
      } else if (code === 1002 || (code === 1008 && this.data.state === 'init')) {
        // 1002 says that pushing began; 1008 only that the encoder did, on some clients before 1002, on others after it.
        if (this.data.state !== 'ok') this.setData({ state: 'ok' });
      }
    },
    bindnetstatus: function (e) {
      this.triggerEvent('pushernetstatuschange', e);
    },
    binderror: function (e) {
      this.triggerEvent('pushererror', e);
    },
    bindaudiovolumenotify: function (e) {
      this.triggerEvent('pusheraudiovolumenotify', e);
    },

    urlChanged: function (url) {
      if (!this.data.source || url === this.data.source) {
        this.setData({ source: url });
        return;
      }
      // A live-pusher that pushed to one address does not reliably move to another: a new tag does.
      var component = this;
      this.setData({ mounted: false, state: 'init' }, function () {
        component.setData({ mounted: true, source: component.data.url }, function () {
          component.connect();
        });
      });
    },

    connect: function () {
      this.livePusherContext = wx.createLivePusherContext(this);
    },
  },
});
