/** Errors as people read them: what happened and what to do, in Chinese and English. */
const { ERROR_CODES } = require('./lib/miniapp-rtc.min.js');

const TEXTS = {
  [ERROR_CODES.INVALID_PARAMS]: [
    '参数不正确。请检查 AppId、房间号、用户名和 Token:房间号和用户名最多 128 个字符,只能用字母、数字和 @ _ - .',
    'An argument is wrong. Check app id, room, user and token: ' +
      'room and user hold up to 128 letters, digits and @ _ - .',
  ],
  [ERROR_CODES.GET_CONFIG_ERROR]: [
    '无法获取网关地址。请检查网络,并确认配置域名已加入 request 合法域名。',
    'The gateway list could not be read. Check the network, and that its host is among the request domains.',
  ],
  [ERROR_CODES.NO_WEBSOCKET_URL]: ['没有网关地址。请返回填写。', 'There is no gateway address. Go back and enter one.'],
  [ERROR_CODES.CORE_FAILED]: [
    'SDK 无法加载或已停止。请确认 lib/ 下有 miniapp-rtc.wasm,然后重新进入。',
    'The SDK could not be loaded, or stopped. See that lib/ holds miniapp-rtc.wasm, then enter again.',
  ],
  [ERROR_CODES.JOIN_ROOM_ERROR]: ['网关拒绝加入房间。', 'The gateway refused the join.'],
  [ERROR_CODES.PUBLISH_ERROR]: ['无法发布音视频。', 'Publishing was refused.'],
  [ERROR_CODES.SUBSCRIBE_FAILED]: [
    '无法观看对方的音视频。',
    'The stream of the other user could not be subscribed to.',
  ],
  [ERROR_CODES.SIGNALING_TIMEOUT]: [
    '网关没有响应。请检查网络后重试。',
    'The gateway did not answer. Check the network and try again.',
  ],
  [ERROR_CODES.WEBSOCKET_FAILED]: [
    '无法连接网关。请检查地址和网络,并确认域名已加入 socket 合法域名。',
    'The gateway cannot be reached. Check address and network, and that its host is among the socket domains.',
  ],
};
TEXTS[ERROR_CODES.WEBSOCKET_NOT_CONNECTED] = TEXTS[ERROR_CODES.WEBSOCKET_FAILED];

/** What the gateway refused, by its own numbers (docs/protocol.md, section 9): nearer to the cause than the SDK's. */
const REFUSALS = {
  4100: ['Token 格式不正确。请从服务器重新获取。', 'This is no token. Get one from your server.'],
  4101: [
    'Token 签名不正确。请检查服务器的 AppId 和 AppKey。',
    'The signature of the token is wrong. Check app id and app key on your server.',
  ],
  4102: ['Token 已过期。请从服务器重新获取。', 'The token has expired. Get a new one from your server.'],
  4103: ['Token 属于别的 AppId、房间或用户。', 'The token is for another app id, room or user.'],
  4104: [
    '这个网关不服务该 AppId。请检查 AppId 和网关地址。',
    'The gateway does not serve this app id. Check app id and gateway address.',
  ],
  4105: ['Token 没有发布权限。', 'The token does not allow publishing.'],
  4106: ['Token 没有订阅权限。', 'The token does not allow watching.'],
  4200: ['房间已满。', 'The room is full.'],
  4304: ['房间里发布音视频的人数已满。', 'As many users publish as the room allows.'],
  4305: ['同时观看的人数已达上限。', 'No more streams can be watched at once.'],
  5001: ['媒体服务器暂不可用,请稍后重试。', 'No media server can take the stream. Try again later.'],
};

const OTHER = ['操作失败,请重试。', 'That did not work. Please try again.'];

const PERMISSION = {
  zh: '没有摄像头或麦克风权限,别人看不到也听不到你。请在设置中允许。',
  en: 'Without camera and microphone, others can neither see nor hear you. Allow both in the settings.',
  detail: '',
  action: 'settings',
};

const BANNED = {
  zh: '你已在别处用同一用户名进入,或被移出房间。',
  en: 'The same user entered elsewhere, or you were put out of the room.',
  detail: '',
  action: '',
};

const LEFT = {
  zh: '你切到后台时离开了房间。',
  en: 'You left the room when you left the app.',
  detail: '',
  action: 'join',
};

const PUSH_FAILED = { zh: '你的音视频已中断。', en: 'Your stream broke.', action: 'publish' };

/** @param {{ code: number, reason: string, gatewayCode?: number }} error of a promise of the SDK */
function explain(error) {
  const [zh, en] = REFUSALS[error.gatewayCode] || TEXTS[error.code] || OTHER;
  return { zh, en, detail: `${error.code || ''} ${error.reason || error.message || ''}`, action: '' };
}

module.exports = { explain, PERMISSION, BANNED, LEFT, PUSH_FAILED };
