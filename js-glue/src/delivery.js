import { attempt } from './emitter.js';

/**
 * The line in which everything leaves a Client for the application, outcomes of calls and events alike: first in, first
 * out, and in Promise reactions of its own, so never while the module runs.
 *
 * @returns {(deliver: () => void, settles?: boolean) => void} puts into the line what tells the application; `settles`
 *   says that it settles a promise
 */
export function createDelivery() {
  const line = [];
  let isUnderWay = false;

  function begin() {
    isUnderWay = true;
    Promise.resolve().then(deliverAll);
  }

  function deliverAll() {
    while (line.length) {
      const { deliver, settles } = line.shift();
      attempt(deliver);
      // Whoever waits for a promise hears of it one reaction later, and before what is next in the line.
      if (settles) return begin();
    }
    isUnderWay = false;
  }

  return (deliver, settles) => {
    line.push({ deliver, settles });
    if (!isUnderWay) begin();
  };
}
