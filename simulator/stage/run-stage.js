/** The command line around a stage with somebody's own app: an address, an end after some seconds or on Ctrl-C. */

import { Stage } from './stage.js';

/**
 * @param {object} options
 * @param {string} options.root
 * @param {string} [options.page] address to open first
 * @param {number} [options.port] 0: any free one
 * @param {number | null} [options.seconds] null: until Ctrl-C
 * @returns {Promise<number>} exit status: 0, 1 after a fault of the app, 2 when it could not be run
 */
export async function runStage({ root, page, port = 0, seconds = null }) {
  let stage;
  try {
    stage = await Stage.start({
      root,
      phones: 1,
      port,
      ...(page && { page: async () => page }),
      onNews: ({ phone, text }) => console.log(`  ${phone}: ${text}`),
    });
  } catch (error) {
    console.error(`error: ${error.message}`);
    return 2;
  }
  console.log(`The stage is open: ${stage.address}   (Ctrl-C ends it)`);
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
    if (seconds !== null) setTimeout(resolve, seconds * 1000);
  });
  const faults = [...stage.phones.values()].flatMap(({ phone }) => phone.faults);
  await stage.close();
  for (const { kind, message } of faults) console.log(`  ${kind}: ${message}`);
  return faults.length === 0 ? 0 : 1;
}
