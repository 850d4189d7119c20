/** What a phone or a web user went through in a fault, in one line. */

import { texts } from './texts.js';

/** @param {HTMLElement} line @param {object | null} run a fault @param {object | null} seen */
export function markRecovery(line, run, seen) {
  line.textContent = run ? recoveryText(run, seen) : '';
  line.classList.toggle('good', Boolean(run && seen.pictureAway && seen.pictureBackS !== null));
  line.classList.toggle('bad', Boolean(run && seen.pictureAway && seen.pictureBackS === null));
}

/** @param {object} run @param {object} seen */
export function recoveryText(run, seen) {
  const words = texts();
  if (seen.gone) return words.gone;
  const parts = [];
  if (seen.pictureAway) parts.push(pictureText(words, seen));
  else if (!seen.hadPicture) parts.push(words.noPicture);
  else if (run.state === 'recovered') parts.push(words.pictureStays(seen.pauseS.toFixed(1)));
  if (seen.signalAway)
    parts.push(seen.signalBackS === null ? words.signalAway : words.signalBack(seen.signalBackS.toFixed(1)));
  return parts.join(' · ') || words[run.state];
}

function pictureText(words, { pictureBackS, stoodS }) {
  if (pictureBackS === null) return words.pictureAway;
  // It came back while the fault still lasted: what counts is how long it stood.
  return pictureBackS === 0 ? words.pictureStood(stoodS.toFixed(1)) : words.pictureBack(pictureBackS.toFixed(1));
}
