/**
 * `wx.createAnimation`: writes down steps and gives them as the data that the attribute `animation` takes. Nothing
 * moves here.
 */

const STYLES = ['opacity', 'backgroundColor', 'width', 'height', 'left', 'right', 'top', 'bottom'];
const LENGTHS = ['width', 'height', 'left', 'right', 'top', 'bottom'];
const TRANSFORMS = [
  'matrix',
  'matrix3d',
  'rotate',
  'rotate3d',
  'rotateX',
  'rotateY',
  'rotateZ',
  'scale',
  'scale3d',
  'scaleX',
  'scaleY',
  'scaleZ',
  'skew',
  'skewX',
  'skewY',
  'translate',
  'translate3d',
  'translateX',
  'translateY',
  'translateZ',
];

/**
 * @param {import('../app-service/realm.js').Realm} realm
 * @param {{ duration?: number, timingFunction?: string, delay?: number, transformOrigin?: string }} [defaults]
 * @returns {object} Animation of the app's realm
 */
export function createAnimation(realm, defaults = {}) {
  let actions = [];
  let animates = [];
  const add = (animate) => {
    animates = animates
      .filter(({ type, args }) => type !== animate.type || (type === 'style' && args[0] !== animate.args[0]))
      .concat(animate);
    return face;
  };
  const methods = {
    step(given) {
      const {
        duration = 400,
        timingFunction = 'linear',
        delay = 0,
        transformOrigin = '50% 50% 0',
      } = { ...defaults, ...given };
      actions.push({ animates, option: { transformOrigin, transition: { duration, timingFunction, delay } } });
      animates = [];
      return face;
    },
    export() {
      const exported = { actions };
      actions = [];
      return realm.handOver(exported);
    },
  };
  for (const type of TRANSFORMS) methods[type] = (...args) => add({ type, args });
  for (const name of STYLES) {
    methods[name] = (value) =>
      add({
        type: 'style',
        args: [
          name.replace(/[A-Z]/g, '-$&').toLowerCase(),
          LENGTHS.includes(name) && typeof value === 'number' ? `${value}px` : value,
        ],
      });
  }
  const face = realm.handOver(methods);
  return face;
}
