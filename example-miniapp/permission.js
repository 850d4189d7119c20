/** The user's leave to use camera and microphone. */
const SCOPES = ['scope.camera', 'scope.record'];

/** @returns {Promise<void>} rejected when the user refuses one, or refused it before */
function askForMedia() {
  return Promise.all(SCOPES.map(ask)).then(() => undefined);
}

/** Opens WeChat's settings page; must be called in a tap handler. Rejected when one is still refused. */
function openSettings() {
  return new Promise((resolve, reject) => {
    wx.openSetting({
      success: ({ authSetting }) => (SCOPES.every((scope) => authSetting[scope]) ? resolve() : reject()),
      fail: reject,
    });
  });
}

function ask(scope) {
  return new Promise((resolve, reject) => wx.authorize({ scope, success: resolve, fail: reject }));
}

module.exports = { askForMedia, openSettings };
