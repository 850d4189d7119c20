/**
 * What `wx` shows to the user and asks of them. There is no screen: each is told as an event, and answers come from the
 * test.
 */

import { ApiFailure, asynchronous } from './api.js';

const MOST_ITEMS = 6;
const VIBRATIONS = ['heavy', 'medium', 'light'];

export class Interaction {
  /** @param {{ service: any, pages: import('../ui/pages.js').Pages, emit: (event: object) => void }} parts */
  constructor({ service, pages, emit }) {
    Object.assign(this, { service, pages, emit });
    this.keepScreenOn = false;
    this.clipboard = '';
    /** What a modal answers; a test may replace it. @type {(modal: { title: string, content: string }) => boolean} */
    this.answerModal = () => true;
    /**
     * Which item of an action sheet is tapped, null for none; a test may replace it. @type {(items: string[]) => number
     * | null}
     */
    this.answerActionSheet = () => 0;
  }

  /** The functions of `wx` that this gives. */
  api() {
    return { ...this.#windows(), ...this.#page(), ...this.#tabBar(), ...this.#phone() };
  }

  /** An API that shows something: the event tells the fields named; `react` checks, and gives the result. */
  #shown(api, fields, react = () => ({})) {
    return asynchronous(this.service, api, (given) => {
      const event = { kind: 'ui', api };
      for (const field of fields) if (given[field] !== undefined) event[field] = given[field];
      this.emit(event);
      return react(given);
    });
  }

  #windows() {
    const titled = ({ title }) => {
      if (typeof title !== 'string') throw new ApiFailure('parameter error: parameter.title should be String');
      return {};
    };
    return {
      showToast: this.#shown('showToast', ['title', 'icon', 'duration'], titled),
      hideToast: this.#shown('hideToast', []),
      showLoading: this.#shown('showLoading', ['title', 'mask'], titled),
      hideLoading: this.#shown('hideLoading', []),
      showModal: this.#shown('showModal', ['title', 'content', 'showCancel'], ({ title = '', content = '' }) => {
        const confirm = Boolean(this.answerModal({ title, content }));
        return { confirm, cancel: !confirm };
      }),
      showActionSheet: this.#shown('showActionSheet', ['itemList', 'alertText'], (given) => this.#actionSheet(given)),
    };
  }

  #actionSheet({ itemList }) {
    if (!Array.isArray(itemList)) throw new ApiFailure('parameter error: parameter.itemList should be Array');
    if (itemList.length < 1) throw new ApiFailure('parameter error: itemList should have at least 1 item');
    if (itemList.length > MOST_ITEMS)
      throw new ApiFailure(`parameter error: itemList should not be large than ${MOST_ITEMS}`);
    const tapIndex = this.answerActionSheet([...itemList]);
    if (tapIndex === null) throw new ApiFailure('cancel');
    if (!(tapIndex in itemList))
      throw new RangeError(`answerActionSheet gave ${tapIndex}, and the sheet has ${itemList.length} items`);
    return { tapIndex };
  }

  #page() {
    return {
      setNavigationBarTitle: this.#shown('setNavigationBarTitle', ['title'], ({ title }) => {
        if (typeof title !== 'string') throw new ApiFailure('parameter error: parameter.title should be String');
        return {};
      }),
      setNavigationBarColor: this.#shown(
        'setNavigationBarColor',
        ['frontColor', 'backgroundColor'],
        ({ frontColor }) => {
          if (!['#ffffff', '#000000'].includes(frontColor)) throw new ApiFailure(`invalid frontColor "${frontColor}"`);
          return {};
        },
      ),
      showNavigationBarLoading: this.#shown('showNavigationBarLoading', []),
      hideNavigationBarLoading: this.#shown('hideNavigationBarLoading', []),
      hideHomeButton: this.#shown('hideHomeButton', []),
      setBackgroundColor: this.#shown('setBackgroundColor', [
        'backgroundColor',
        'backgroundColorTop',
        'backgroundColorBottom',
      ]),
      setBackgroundTextStyle: this.#shown('setBackgroundTextStyle', ['textStyle']),
      stopPullDownRefresh: this.#shown('stopPullDownRefresh', []),
      startPullDownRefresh: this.#shown('startPullDownRefresh', [], () => {
        this.pages.current?.call('onPullDownRefresh');
        return {};
      }),
      pageScrollTo: this.#shown('pageScrollTo', ['scrollTop', 'duration', 'selector', 'offsetTop'], (given) =>
        this.#scroll(given),
      ),
      showShareMenu: this.#shown('showShareMenu', ['withShareTicket', 'menus']),
      hideShareMenu: this.#shown('hideShareMenu', []),
      hideKeyboard: this.#shown('hideKeyboard', []),
    };
  }

  #scroll({ scrollTop, selector }) {
    if (scrollTop === undefined && selector === undefined)
      throw new ApiFailure('parameter error: scrollTop or selector is needed');
    if (scrollTop !== undefined && !Number.isFinite(scrollTop))
      throw new ApiFailure('parameter error: parameter.scrollTop should be Number');
    const page = this.pages.current;
    if (selector !== undefined && !page?.component.getShadowRoot().querySelector(selector))
      throw new ApiFailure(`selector "${selector}" is not found`);
    if (scrollTop !== undefined) page?.call('onPageScroll', this.service.realm.handOver({ scrollTop }));
    return {};
  }

  #tabBar() {
    const onTab = (given) => {
      if (!this.pages.isTab(this.pages.current?.path)) throw new ApiFailure('not TabBar page');
      if (given.index !== undefined && !(given.index in this.pages.tabs)) throw new ApiFailure('tabbar item not found');
      return {};
    };
    const names = {
      showTabBar: ['animation'],
      hideTabBar: ['animation'],
      setTabBarItem: ['index', 'text'],
      setTabBarBadge: ['index', 'text'],
      removeTabBarBadge: ['index'],
      showTabBarRedDot: ['index'],
      hideTabBarRedDot: ['index'],
      setTabBarStyle: ['color', 'selectedColor', 'backgroundColor', 'borderStyle'],
    };
    return Object.fromEntries(Object.entries(names).map(([name, fields]) => [name, this.#shown(name, fields, onTab)]));
  }

  #phone() {
    return {
      setClipboardData: this.#shown('setClipboardData', [], ({ data }) => {
        if (typeof data !== 'string') throw new ApiFailure('parameter error: parameter.data should be String');
        this.clipboard = data;
        return {};
      }),
      getClipboardData: asynchronous(this.service, 'getClipboardData', () => ({ data: this.clipboard })),
      setKeepScreenOn: this.#shown('setKeepScreenOn', ['keepScreenOn'], ({ keepScreenOn }) => {
        this.keepScreenOn = keepScreenOn === true;
        return {};
      }),
      vibrateShort: this.#shown('vibrateShort', ['type'], ({ type }) => {
        if (type !== undefined && !VIBRATIONS.includes(type)) throw new ApiFailure('style is not support');
        return {};
      }),
      vibrateLong: this.#shown('vibrateLong', []),
    };
  }
}
