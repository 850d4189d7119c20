/**
 * The built-in tags: their attributes with types and defaults, and their events. What Taro's typings know stands in
 * `tags/taro.js`, live-pusher and live-player in `tags/native.js`; here stands the rest: what they lack, and where
 * WeChat takes more than they say.
 *
 * A type is `string`, `number`, `boolean`, `any`, or a list of the strings that are allowed. An attribute that is not
 * here is reported as a fault when a template uses it.
 */

import { NATIVE_TAGS } from './tags/native.js';
import { TARO_TAGS } from './tags/taro.js';

const s = (value = '') => ({ type: 'string', value });
const n = (value = 0) => ({ type: 'number', value });
const b = (value = false) => ({ type: 'boolean', value });
const any = (value = null) => ({ type: 'any', value });
const one = (value, ...others) => ({ type: [value, ...others], value });

const COMMON = { hidden: b(), animation: any() };
const TOUCH = [
  'tap',
  'longpress',
  'longtap',
  'touchstart',
  'touchmove',
  'touchcancel',
  'touchend',
  'touchforcechange',
  'transitionend',
  'animationstart',
  'animationiteration',
  'animationend',
];

const INPUT = {
  value: s(),
  name: s(),
  password: b(),
  placeholder: s(),
  placeholderStyle: s(),
  placeholderClass: s(),
  disabled: b(),
  maxlength: n(140),
  cursorSpacing: n(),
  autoFocus: b(),
  focus: b(),
  cursor: n(),
  selectionStart: n(-1),
  selectionEnd: n(-1),
  adjustPosition: b(true),
  holdKeyboard: b(),
  alwaysEmbed: b(),
  confirmHold: b(),
  confirmType: one('done', 'send', 'search', 'next', 'go'),
};

const BY_HAND = {
  view: { properties: {}, events: [] },
  'cover-view': { properties: { scrollTop: n() }, events: [] },
  'cover-image': { properties: { src: s() }, events: ['load', 'error'] },
  text: { properties: { selectable: b(), userSelect: b(), space: s(), decode: b() }, events: [], text: true },
  image: {
    properties: { src: s(), mode: s('scaleToFill'), webp: b(), lazyLoad: b(), showMenuByLongpress: b() },
    events: ['load', 'error'],
  },
  icon: { properties: { type: s(), size: any(23), color: s() }, events: [] },
  progress: {
    properties: {
      percent: n(),
      showInfo: b(),
      active: b(),
      strokeWidth: any(6),
      activeColor: s(),
      backgroundColor: s(),
    },
    events: ['activeend'],
  },
  'scroll-view': {
    properties: {
      scrollX: b(),
      scrollY: b(),
      upperThreshold: any(50),
      lowerThreshold: any(50),
      scrollTop: any(),
      scrollLeft: any(),
      scrollIntoView: s(),
      scrollWithAnimation: b(),
      enableFlex: b(),
      enhanced: b(),
      bounces: b(true),
      showScrollbar: b(true),
      type: s('list'),
    },
    events: ['scroll', 'scrolltoupper', 'scrolltolower'],
  },
  swiper: {
    properties: {
      indicatorDots: b(),
      autoplay: b(),
      current: n(),
      interval: n(5000),
      duration: n(500),
      circular: b(),
      vertical: b(),
    },
    events: ['change', 'transition', 'animationfinish'],
  },
  'swiper-item': { properties: { itemId: s() }, events: [] },
  button: {
    properties: {
      size: one('default', 'mini'),
      type: one('default', 'primary', 'warn'),
      plain: b(),
      disabled: b(),
      loading: b(),
      formType: one('', 'submit', 'reset'),
      openType: s(),
      lang: s('en'),
      name: s(),
      activityType: any(),
      businessId: s(),
      entrancePath: s(),
      needShowEntrance: b(),
      phoneNumberNoQuotaToast: b(true),
    },
    events: ['createliveactivity', 'phoneoneclicklogin'],
  },
  form: { properties: { reportSubmit: b(), reportSubmitTimeout: n() }, events: ['submit', 'reset'] },
  input: {
    properties: {
      ...INPUT,
      autoFill: s(),
      type: one('text', 'number', 'idcard', 'digit', 'safe-password', 'nickname'),
    },
    events: ['input', 'focus', 'blur', 'confirm', 'keyboardheightchange'],
  },
  textarea: {
    properties: {
      ...INPUT,
      confirmType: one('return', 'done', 'send', 'search', 'next', 'go'),
      cursorColor: s(),
      autoHeight: b(),
      fixed: b(),
      showConfirmBar: b(true),
      disableDefaultPadding: b(),
    },
    events: ['input', 'focus', 'blur', 'confirm', 'linechange', 'keyboardheightchange'],
  },
  'picker-view-column': { properties: {}, events: [] },
  'keyboard-accessory': { properties: {}, events: [] },
  label: { properties: { for: s() }, events: [] },
  checkbox: { properties: { value: s(), disabled: b(), checked: b(), color: s() }, events: [] },
  'checkbox-group': { properties: { name: s() }, events: ['change'] },
  radio: { properties: { value: s(), disabled: b(), checked: b(), color: s() }, events: [] },
  'radio-group': { properties: { name: s() }, events: ['change'] },
  switch: {
    properties: { name: s(), checked: b(), disabled: b(), type: one('switch', 'checkbox'), color: s() },
    events: ['change'],
  },
  slider: {
    properties: {
      name: s(),
      min: n(),
      max: n(100),
      step: n(1),
      disabled: b(),
      value: n(),
      showValue: b(),
      activeColor: s(),
      backgroundColor: s(),
      blockSize: n(28),
    },
    events: ['change', 'changing'],
  },
  picker: {
    properties: {
      name: s(),
      mode: one('selector', 'multiSelector', 'time', 'date', 'region'),
      disabled: b(),
      headerText: s(),
      range: any(),
      rangeKey: s(),
      value: any(),
      start: s(),
      end: s(),
      fields: s(),
    },
    events: ['change', 'cancel', 'columnchange'],
  },
  navigator: {
    properties: { url: s(), openType: one('navigate', 'redirect', 'reLaunch', 'navigateBack'), delta: n(1) },
    events: ['success', 'fail', 'complete'],
  },
};

/**
 * @type {Record<string, { properties: Record<string, { type: string | string[], value: unknown, range?: [number,
 * number] }>, events: string[], text?: boolean, native?: boolean }>}
 */
export const BUILT_IN_TAGS = {};
Object.assign(BUILT_IN_TAGS, NATIVE_TAGS);
for (const tag of new Set([...Object.keys(TARO_TAGS), ...Object.keys(BY_HAND)])) {
  const { properties = {}, events = [] } = TARO_TAGS[tag] ?? {};
  const known = BY_HAND[tag] ?? { properties: {}, events: [] };
  BUILT_IN_TAGS[tag] = {
    ...known,
    properties: { ...properties, ...known.properties },
    events: [...new Set([...events, ...known.events])],
  };
}

/** Tags that the template compiler itself understands. */
export const SYNTAX_TAGS = ['block', 'slot', 'template', 'import', 'include', 'wxs'];

/** Attributes and events that every tag has. */
export const COMMON_PROPERTIES = COMMON;
export const COMMON_EVENTS = TOUCH;

/** @returns {Set<string>} every tag that a template may use without declaring it */
export function knownTags() {
  return new Set([...Object.keys(BUILT_IN_TAGS), ...SYNTAX_TAGS]);
}
