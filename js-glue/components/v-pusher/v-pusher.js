import { nativeTag } from '../native-tag.js';

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
    ...nativeTag.data,
    /** The picture's width by `mode`: the size that WeChat takes by itself, so that naming it changes nothing. */
    widths: { RTC: 360, SD: 360, HD: 540, FHD: 720 },
  },

  lifetimes: {
    ...nativeTag.lifetimes,
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

    bindstatechange: function (e) {
      if (!this.isCurrent(e)) return;
      this.triggerEvent('pusherstatechange', e);
      var code = e.detail.code;
      if (code === -1307 || code === -1301 || code === -1302) {
        this.setData({ state: 'error' });
      } else if (code === 1002 || (code === 1008 && this.data.state === 'init')) {
        // 1002 says that pushing began; 1008 only that the encoder did, on some clients before 1002, on others after
        // it.
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

    ...nativeTag.methods,

    begin: function () {
      this.start();
    },

    context: function () {
      return this.livePusherContext;
    },

    connect: function () {
      this.livePusherContext = wx.createLivePusherContext(this);
    },
  },
});
