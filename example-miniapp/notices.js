/** Errors as people read them: what happened and what to do, in Chinese and English. */
const { ERROR_CODES } = require('./lib/miniapp-rtc.min.js');

const TEXTS = {
  [ERROR_CODES.INVALID_PARAMS]: [
    '参数不正确。请检查 AppId、房间号、用户名和 Token:房间号和用户名最多 128 个字符,只能用字母、数字和 @ _ - .',
    'An argument is wrong. Check app id, room, user and token: room and user hold up to 128 letters, digits and @ _ - .',
  ],
  [ERROR_CODES.GET_CONFIG_ERROR]: [
    '无法获取网关地址。请检查网络,并确认配置域名已加入 request 合法域名。',
    'The gateway list could not be read. Check the network, and that its host is among the request domains.',
  ],
  [ERROR_CODES.NO_WEBSOCKET_URL]: [
    '没有网关地址。请返回填写。',
    'There is no gateway address. Go back and enter one.',
  ],
  [ERROR_CODES.CORE_FAILED]: [
    'SDK 无法加载或已停止。请确认 lib/ 下有 miniapp-rtc.wasm,然后重新进入。',
    'The SDK could not be loaded, or stopped. See that lib/ holds miniapp-rtc.wasm, then enter again.',
  ],
  [ERROR_CODES.JOIN_ROOM_ERROR]: [
    '网关拒绝加入房间。请检查 Token 是否过期,是否属于这个 AppId、房间和用户。',
    'The gateway refused the join. See that the token has not expired and is for this app id, room and user.',
  ],
  [ERROR_CODES.PUBLISH_ERROR]: [
    '无法发布音视频。Token 可能没有发布权限,或房间人数已满。',
    'Publishing was refused. The token may lack the privilege, or the room has its full number of publishers.',
  ],
  [ERROR_CODES.SUBSCRIBE_FAILED]: ['无法观看对方的音视频。', 'The stream of the other user could not be subscribed to.'],
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

const LEFT = { zh: '你切到后台时离开了房间。', en: 'You left the room when you left the app.', detail: '', action: 'join' };

const PUSH_FAILED = { zh: '你的音视频已中断。', en: 'Your stream broke.', action: 'publish' };

/** @param {{ code: number, reason: string }} error of a promise of the SDK */
function explain(error) {
  const [zh, en] = TEXTS[error.code] || OTHER;
  return { zh, en, detail: `${error.code || ''} ${error.reason || error.message || ''}`, action: '' };
}

module.exports = { explain, PERMISSION, BANNED, LEFT, PUSH_FAILED };
