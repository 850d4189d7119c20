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

    /** Calls a method of WeChat's LivePlayerContext; `options` are its own: `success`, `fail`, `complete`, … */
    command: function (method, options) {
      var context = this.livePlayerContext;
      if (context && context[method]) context[method](options);
      else if (options && options.fail) options.fail({ errMsg: method + ':fail not supported' });
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
      else if (order.action === 'play-again' && this.data.mounted) this.playAgain();
    },

    /** No tag until a new address comes. */
    end: function () {
      this.isStopped = true;
      this.forget();
      this.stop();
      this.setData({ mounted: false });
    },

    playAgain: function () {
      var component = this;
      this.setData({ state: 'init' });
      this.exchange(
        function (done) {
          component.stop({ success: done, fail: done });
        },
        function () {
          component.play();
        },
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
     * Takes the old away, then brings the new. WeChat does not always call back: then the new comes after a second. What is
     * begun meanwhile comes in its place.
     */
    exchange: function (takeAway, bring) {
      var component = this;
      var timer = setTimeout(proceed, 1000);
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

    identityChanged: function () {
      if (this.livePlayerContext) this.connect();
    },

    connect: function () {
      this.livePlayerContext = wx.createLivePlayerContext('v-player-' + this.data.uid + '-' + this.data.screen, this);
    },
  },
});
