/**
 * v-pusher: pushes the camera and microphone to the address that `client.publish()` gave.
 * A page may hold one live-pusher only, a rule of WeChat.
 */
Component({
  // Written by native-tags.mjs; the README says what each means.
  properties: {
    url: { type: String, value: '', observer: 'urlChanged' },
    control: { type: null, value: null, observer: 'controlChanged' },
    state: { type: String, value: 'init' },
    initText: { type: String, value: '相机启动中' },
    errorText: { type: String, value: '相机启动失败' },
    enbaleMic: { type: Boolean, value: true },
    enableCamera: { type: Boolean, value: true },
    enableMic: { type: Boolean, value: true },
    beauty: { type: Number, value: 0 },
    whiteness: { type: Number, value: 0 },
    mode: { type: String, value: 'RTC' },
    minBitrate: { type: Number, value: 200 },
    maxBitrate: { type: Number, value: 500 },
    aspect: { type: String, value: '3:4' },
    videoWidth: { type: Number, value: 0 },
    videoHeight: { type: Number, value: 0 },
    fps: { type: Number, value: 15 },
    devicePosition: { type: String, value: 'front' },
    orientation: { type: String, value: 'vertical' },
    localMirror: { type: String, value: 'auto' },
    remoteMirror: { type: Boolean, value: false },
    autoFocus: { type: Boolean, value: true },
    zoom: { type: Boolean, value: false },
    audioQuality: { type: String, value: 'high' },
    audioVolumeType: { type: String, value: 'auto' },
    enableAgc: { type: Boolean, value: false },
    enableAns: { type: Boolean, value: false },
    audioReverbType: { type: Number, value: 0 },
    voiceChangerType: { type: Number, value: 0 },
    muted: { type: Boolean, value: false },
    backgroundMute: { type: Boolean, value: true },
    waitingImage: { type: String, value: '' },
    waitingImageHash: { type: String, value: '' },
    pictureInPictureMode: { type: null, value: '' },
    beautyStyle: { type: String, value: 'smooth' },
    filter: { type: String, value: 'standard' },
    customEffect: { type: Boolean, value: false },
    skinWhiteness: { type: Number, value: 0 },
    skinSmoothness: { type: Number, value: 0 },
    faceThinness: { type: Number, value: 0 },
    eyeBigness: { type: Number, value: 0 },
    enableVideoCustomRender: { type: Boolean, value: false },
    debug: { type: Boolean, value: false },
  },

  data: {
    /** Whether there is a tag, and the address that it has: apart from `url`, so that a tag never changes its address. */
    mounted: true,
    source: '',
    /** Counts the tags that there were, so that an event tells of which it is. */
    tag: 0,
    /** The picture's width by `mode`: the size that WeChat takes by itself, so that naming it changes nothing. */
    widths: { RTC: 360, SD: 360, HD: 540, FHD: 720 },
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
    /** An event that means nothing to the component. */
    pass: function (e) {
      if (this.isCurrent(e)) this.triggerEvent('pusher' + e.type, e);
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
          component.setData(
            { mounted: isWanted, source: component.data.url, tag: component.data.tag + 1 },
            function () {
              component.connect();
            },
          );
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
