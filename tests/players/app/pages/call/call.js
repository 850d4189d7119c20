const { Client } = require('../../lib/miniapp-rtc.min.js');

Page({
  data: { status: 'joining' },

  onLoad(query) {
    const [gateway, appId, token, room, user] = ['gateway', 'appId', 'token', 'room', 'user'].map((name) =>
      decodeURIComponent(query[name]),
    );
    this.client = new Client();
    this.client
      .init(appId, { gateway, transport: 'flv' })
      .then(() => this.client.join(token, room, user))
      .then(
        () => this.setData({ status: 'joined' }),
        (error) => this.setData({ status: error.reason }),
      );
  },

  onUnload() {
    return this.client.destroy();
  },
});
