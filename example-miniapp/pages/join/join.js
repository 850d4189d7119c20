/** The join page: where to, as whom, and with which token. What was entered is there again next time. */
const config = require('../../config.js');

const STORED = 'join-settings';

Page({
  data: {
    fields: [
      { name: 'gateway', label: '网关地址 Gateway', hint: 'wss://example.com/v1' },
      { name: 'appId', label: 'AppId', hint: '24 个字符 characters' },
      { name: 'room', label: '房间号 Room', hint: 'demo' },
      { name: 'user', label: '用户名 User', hint: 'alice' },
      { name: 'token', label: 'Token', hint: 'miniapp-rtc-gateway token mint …' },
    ],
    settings: config,
    missing: '',
  },

  onLoad() {
    this.setData({ settings: Object.assign({}, config, wx.getStorageSync(STORED)) });
  },

  join(e) {
    const settings = {};
    for (const { name } of this.data.fields) settings[name] = String(e.detail.value[name] || '').trim();
    const missing = this.data.fields.filter(({ name }) => !settings[name]).map(({ label }) => label);
    this.setData({ missing: missing.join(', ') });
    if (missing.length) return;
    wx.setStorageSync(STORED, settings);
    const query = Object.keys(settings).map((name) => `${name}=${encodeURIComponent(settings[name])}`);
    wx.navigateTo({ url: `/pages/meeting/meeting?${query.join('&')}` });
  },
});
