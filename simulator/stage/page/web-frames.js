/** Runs in a worker of a web user's page: names each coded picture that passes and lets it pass; and it keeps time. */

import { fingerprintOfStartCodes } from './fingerprint.js';

/** A page that is not looked at is given time once a second; a worker, whenever it wants. */
const TICK_MS = 100;

self.onrtctransform = ({ transformer: { readable, writable, options } }) => {
  const look = new TransformStream({
    transform(frame, controller) {
      const picture = fingerprintOfStartCodes(new Uint8Array(frame.data));
      controller.enqueue(frame);
      if (picture) postMessage({ type: options.side, picture, at: Date.now() });
    },
  });
  readable.pipeThrough(look).pipeTo(writable);
};

setInterval(() => postMessage({ type: 'tick' }), TICK_MS);
