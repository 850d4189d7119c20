/** Programs that a test starts: they end with the test, and with what they started themselves. */

import { spawn } from 'node:child_process';

const STOP_MS = 3_000;

/**
 * @param {import('node:test').TestContext} t
 * @param {string[]} command
 * @param {import('node:child_process').SpawnOptions} options
 */
export function startProgram(t, [program, ...parameters], options) {
  const child = spawn(program, parameters, options);
  let failure;
  child.once('error', (error) => {
    failure = error;
  });
  // A pipe that breaks is told by the program's end.
  for (const stream of child.stdio) stream?.on('error', () => {});
  t.after(async () => {
    await endProgram(child);
    if (failure) throw failure;
  });
  return child;
}

/** Asks the program to end; resolves when it has. */
export async function endProgram(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(late);
}
