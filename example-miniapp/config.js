/** What the join page shows at the first start. Never put an app key here: tokens are made by a server. */
module.exports = {
  gateway: 'ws://127.0.0.1:8080/v1',
  appId: '',
  room: 'demo',
  user: '',
  token: '',
};
