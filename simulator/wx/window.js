/** The window of the phone, in logical pixels: that of an iPhone 12, with the title bar that WeChat draws. */

export const WINDOW = {
  pixelRatio: 3,
  screenWidth: 390,
  screenHeight: 844,
  windowWidth: 390,
  windowHeight: 753,
  statusBarHeight: 47,
  screenTop: 91,
  safeArea: { left: 0, right: 390, top: 47, bottom: 810, width: 390, height: 763 },
};

/** Where the capsule button lies, at the right of the title bar. */
export const MENU_BUTTON = { width: 87, height: 32, top: 51, right: 383, bottom: 83, left: 296 };
