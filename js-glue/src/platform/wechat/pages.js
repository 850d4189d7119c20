/**
 * The pages that a Client belongs to: those that were on top when it was initialised, joined, or listened to. About a
 * second after the last of them closed, the Client is abandoned; the second is for `redirectTo`, whose new page may
 * take the Client over.
 *
 * A Client that was first used while no page was open belongs to the app, and is never abandoned.
 *
 * @param {() => void} abandon
 */
export function createOwners(abandon) {
  /** Pages that used the Client so and are open. */
  const owners = new Set();
  /** Pages that were open at the last use. */
  let known = [];
  let isOwned = false;
  let isOfTheApp = false;
  let isClosing = false;

  function own(page) {
    owners.add(page);
    isOwned = true;
    const onUnload = page.onUnload;
    // The stack of pages cannot tell that a page closed: a tab's page that is hidden is not in it either.
    page.onUnload = function (...values) {
      isClosing = true;
      try {
        return onUnload && onUnload.apply(this, values);
      } finally {
        isClosing = false;
        owners.delete(page);
        setTimeout(() => owners.size || abandon(), TAKE_OVER);
      }
    };
  }

  return {
    /**
     * The application uses the Client.
     * @returns {boolean} false where it is the code of a closed page that goes on
     */
    use() {
      const pages = typeof getCurrentPages === 'function' ? getCurrentPages() : [];
      const top = pages[pages.length - 1];
      if (!isOwned && !top) isOfTheApp = true;
      if (isOfTheApp || isClosing || owners.has(top)) return true;
      // A page that was there before and never used the Client does not begin to when the Client's own page closes.
      if (isOwned && !owners.size && known.indexOf(top) >= 0) return false;
      known = pages.slice();
      if (top) own(top);
      return true;
    },
  };
}

const TAKE_OVER = 1000;
