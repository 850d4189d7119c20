/**
 * The command line around a runner: orders from standard input, an end after some seconds or on Ctrl-C, an exit status.
 */

import { createInterface } from 'node:readline';
import { Runner } from './runner.js';

/**
 * @param {object} options
 * @param {string} options.root
 * @param {string} [options.page]
 * @param {string} [options.name]
 * @param {number | null} [options.seconds] null: until `quit` or Ctrl-C
 * @returns {Promise<number>} exit status: 0, 1 after a fault of the app, 2 when it could not be run
 */
export async function runApp({ root, page, name, seconds = null }) {
  const runner = new Runner({ root, page, name, say: (line) => console.log(line) });
  try {
    await runner.start();
  } catch (error) {
    await runner.end();
    console.error(`error: ${error.message}`);
    return 2;
  }
  await takeOrders(runner, seconds);
  const faults = await runner.end();
  console.log(
    faults.length === 0
      ? 'ended well'
      : `FAILED: ${faults.length} faults of the app:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
  );
  return faults.length === 0 ? 0 : 1;
}

/**
 * Resolves at the end: time, `quit`, Ctrl-C. The end of the input alone ends nothing, as nobody may be sitting there.
 */
function takeOrders(runner, seconds) {
  return new Promise((resolve) => {
    const input = createInterface({ input: process.stdin });
    let timer;
    const end = () => {
      clearTimeout(timer);
      input.close();
      process.stdin.unref?.();
      resolve();
    };
    // A timer also keeps the process alive where the phone itself has nothing to do.
    timer = seconds === null ? setInterval(() => {}, 60_000) : setTimeout(end, seconds * 1000);
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, end);
    let before = Promise.resolve();
    input.on('line', (line) => {
      before = before.then(async () => {
        if (!(await runner.order(line))) end();
      });
    });
    if (seconds === null) console.log("  running until Ctrl-C; 'help' lists the orders");
  });
}
