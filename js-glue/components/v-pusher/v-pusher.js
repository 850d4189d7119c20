/**
 * v-pusher: pushes the camera and microphone to the address that `client.publish()` gave.
 * A page may hold one live-pusher only, a rule of WeChat.
 */
Component({
  properties: {
    /** Push address. A new address starts the pusher anew. */
    url: { type: String, value: '', observer: 'urlChanged' },
    /** What the client's event STREAM_CONTROL told last of this stream. */
    control: { type: null, value: null, observer: 'controlChanged' },
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
    /** Silence in the background, where `control` does not say. */
    backgroundMute: { type: Boolean, value: true },
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
    /** Counts the tags that there were, so that an event tells of which it is. */
    tag: 0,
  },

  lifetimes: {
    attached: function () {
      var order = this.data.control;
      this.isAttached = true;
      this.sequence = order && order.sequence;
      this.isStopped = !!order && order.action === 'stop';
      this.setData({ source: this.data.url, mounted: !this.isStopped });
    },
    ready: function () {
      this.connect();
    },
    detached: function () {
      this.isAttached = false;
      this.forget();
      this.stop();
    },
  },

  methods: {
    start: function (options) {
      this.command('start', options);
    },
    stop: function (options) {
      this.command('stop', options);
    },
    pause: function (options) {
      this.command('pause', options);
    },
    resume: function (options) {
      this.command('resume', options);
    },
    switchCamera: function (options) {
      this.command('switchCamera', options);
    },
    toggleTorch: function (options) {
      this.command('toggleTorch', options);
    },
    snapshot: function (options) {
      this.command('snapshot', options);
    },

    /** Calls a method of WeChat's LivePusherContext; `options` are its own: `success`, `fail`, `complete`. */
    command: function (method, options) {
      var context = this.livePusherContext;
      if (context && context[method]) context[method](options);
      else if (options && options.fail) options.fail({ errMsg: method + ':fail not supported' });
    },

    bindstatechange: function (e) {
      if (!this.isCurrent(e)) return;
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
      if (this.isCurrent(e)) this.triggerEvent('pushernetstatuschange', e);
    },
    binderror: function (e) {
      if (!this.isCurrent(e)) return;
      this.triggerEvent('pushererror', e);
      var code = e.detail.errCode;
      if (code === 10001 || code === 10002) this.setData({ state: 'error' });
    },
    bindaudiovolumenotify: function (e) {
      if (this.isCurrent(e)) this.triggerEvent('pusheraudiovolumenotify', e);
    },

    /** Whether an event is news: of the tag that there is, and no echo of its being exchanged. */
    isCurrent: function (e) {
      var tag = ((e.currentTarget || {}).dataset || {}).tag;
      return !this.exchanging && !this.isStopped && (tag === undefined || Number(tag) === this.data.tag);
    },

    urlChanged: function (url) {
      // A page that is closed may still set data.
      if (this.isAttached === false) return;
      if (url) this.isStopped = false;
      if (this.data.mounted && !this.data.source) this.setData({ source: url });
      else if (url !== this.data.source) this.remount();
    },

    /** Carries out an order, once: a page that sets other data may set the same order again. */
    controlChanged: function (order) {
      if (!order || !this.isAttached || order.sequence === this.sequence) return;
      this.sequence = order.sequence;
      if (order.action === 'stop') this.end();
      else if (order.action === 'remount') this.remount();
      // A tag that is about to be put in begins by itself.
      else if (order.action === 'play-again' && this.data.mounted) this.playAgain(order.delay);
    },

    /** No tag until a new address comes. */
    end: function () {
      this.isStopped = true;
      this.forget();
      this.stop();
      this.setData({ mounted: false });
    },

    playAgain: function (delay) {
      var component = this;
      this.setData({ state: 'init' });
      this.exchange(
        function (done) {
          component.stop(delay ? {} : { success: done, fail: done });
        },
        function () {
          component.start();
        },
        delay,
      );
    },

    /** A new tag: one that had an address does not reliably move to another, and one that broke may stay broken. */
    remount: function () {
      var component = this;
      this.exchange(
        function (done) {
          component.setData({ mounted: false, state: 'init' }, done);
        },
        function () {
          var isWanted = component.data.url !== '' && !component.isStopped;
          component.setData({ mounted: isWanted, source: component.data.url, tag: component.data.tag + 1 }, function () {
            component.connect();
          });
        },
      );
    },

    /**
     * Takes the old away, then brings the new, after `delay` milliseconds where one is given. WeChat does not always call
     * back: then the new comes after a second. What is begun meanwhile comes in its place.
     */
    exchange: function (takeAway, bring, delay) {
      var component = this;
      var timer = setTimeout(proceed, delay || 1000);
      function proceed() {
        if (component.exchanging !== timer) return;
        component.forget();
        bring();
      }
      this.exchanging = timer;
      takeAway(proceed);
    },

    /** What was to come of an exchange does not come. */
    forget: function () {
      clearTimeout(this.exchanging);
      this.exchanging = null;
    },

    connect: function () {
      this.livePusherContext = wx.createLivePusherContext(this);
    },
  },
});
