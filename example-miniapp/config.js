/**
 * What the join page shows at the first start, and how meetings behave. No app key here: tokens are made by a server.
 */
module.exports = {
  gateway: 'ws://127.0.0.1:8080/v1',
  appId: '',
  room: 'demo',
  user: '',
  token: '',
  /** 在后台时 In the background: 'keep-audio' 继续说话 goes on talking, 'mute' 静音 is silent, 'leave' 离开房间 leaves. */
  background: 'mute',
};
