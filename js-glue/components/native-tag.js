/**
 * What v-pusher and v-player have in common: how the native tag is taken out and put in, and what of its events is
 * news. A component loads nothing but its own files, so the build writes these members into both, where they say
 * `...nativeTag.methods`. The component has `begin`, `context` and `connect` beside them.
 */
export const nativeTag = {
  data: {
    /**
     * Whether there is a tag, and the address that it has: apart from `url`, so that a tag never changes its address.
     */
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
    /**
     * Calls a method of WeChat's context of the tag; `options` are that method's own: `success`, `fail`, `complete`, …
     */
    command: function (method, options) {
      var context = this.context();
      if (context && context[method]) context[method](options);
      else if (options && options.fail) options.fail({ errMsg: method + ':fail not supported' });
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
          component.begin();
        },
        delay
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
            }
          );
        }
      );
    },

    /**
     * Takes the old away, then brings the new, after `delay` milliseconds where one is given. WeChat does not always
     * call back: then the new comes after a second. What is begun meanwhile comes in its place.
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
  },
};
