/** What the page says, in English and Chinese. */

const WORDS = {
  en: {
    title: 'A call with mini-programs',
    otherLanguage: '中文',
    gateway: 'Gateway',
    appId: 'App id',
    room: 'Room',
    user: 'User',
    token: 'Token',
    join: 'Join',
    microphone: 'Microphone',
    camera: 'Camera',
    screen: 'Share screen',
    leave: 'Leave',
    me: 'you',
    ofScreen: 'screen',
    audio: 'sound off',
    video: 'picture off',
    joining: 'Joining…',
    connected: 'Connected.',
    reconnecting: 'Reconnecting…',
    disconnected: 'Disconnected.',
    left: 'You have left the room.',
    click: 'Click a picture to see and hear the others.',
    'permission-denied': 'Camera, microphone or screen are not allowed. Others cannot see or hear you.',
    'no-device': 'There is no camera or microphone. Others cannot see or hear you.',
    'device-busy': 'Another program uses the camera or the microphone.',
    'insecure-page': 'Open this page by https or on localhost: only there a browser gives camera and microphone.',
    'no-webrtc': 'This browser has no WebRTC. Use another one.',
    'no-h264': 'This browser has no H.264, which phones need. Use another one.',
    'no-web-media': 'This gateway serves no media to browsers.',
  },
  zh: {
    title: '与小程序通话',
    otherLanguage: 'English',
    gateway: '网关地址',
    appId: 'AppId',
    room: '房间号',
    user: '用户名',
    token: 'Token',
    join: '加入',
    microphone: '麦克风',
    camera: '摄像头',
    screen: '共享屏幕',
    leave: '离开',
    me: '我',
    ofScreen: '屏幕',
    audio: '声音已关',
    video: '画面已关',
    joining: '正在加入…',
    connected: '已连接。',
    reconnecting: '正在重连…',
    disconnected: '连接已断开。',
    left: '您已离开房间。',
    click: '请点击画面,以便看到和听到其他人。',
    'permission-denied': '未允许使用摄像头、麦克风或屏幕,别人看不到也听不到您。',
    'no-device': '没有摄像头或麦克风,别人看不到也听不到您。',
    'device-busy': '摄像头或麦克风正被其他程序使用。',
    'insecure-page': '请用 https 或 localhost 打开本页:浏览器只在这样的页面提供摄像头和麦克风。',
    'no-webrtc': '此浏览器没有 WebRTC,请换一个。',
    'no-h264': '此浏览器没有手机需要的 H.264,请换一个。',
    'no-web-media': '这个网关不向浏览器提供音视频。',
  },
};

let language = navigator.language.startsWith('zh') ? 'zh' : 'en';

/** The words under this name, or the name itself. */
export const say = (name) => WORDS[language][name] ?? name;

/** Writes the words of every element that names them. */
export function translate(within = document) {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const element of within.querySelectorAll('[data-word]')) element.textContent = say(element.dataset.word);
}

export function switchLanguage() {
  language = language === 'zh' ? 'en' : 'zh';
  translate();
}
