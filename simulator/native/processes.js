/** The child processes of all phones: whatever ends this process ends them too. */

import { spawn } from 'node:child_process';

/** @type {Set<import('node:child_process').ChildProcess>} */
const live = new Set();
/** Those, and children of others that end with this process. @type {Set<import('node:child_process').ChildProcess>} */
const bound = new Set();
let guarded = false;

/**
 * @param {string} program
 * @param {string[]} parameters
 * @param {{ stdio: import('node:child_process').StdioOptions, onMissing: (error: Error) => void }} how
 */
export function startProcess(program, parameters, { stdio, onMissing }) {
  const child = spawn(program, parameters, { stdio, windowsHide: true });
  endWithThisProcess(child);
  live.add(child);
  child.once('exit', () => live.delete(child));
  child.once('error', (error) => {
    live.delete(child);
    onMissing(
      error.code === 'ENOENT'
        ? new Error(`'${program}' is not installed: install ffmpeg or give its path as option ffmpeg`)
        : error,
    );
  });
  // A pipe that breaks is told by the exit of the process.
  for (const stream of child.stdio) stream?.on('error', () => {});
  return child;
}

/** A child that is killed when this process ends. @param {import('node:child_process').ChildProcess} child */
export function endWithThisProcess(child) {
  guard();
  bound.add(child);
  child.once('exit', () => bound.delete(child));
  child.once('error', () => {
    if (child.pid === undefined) bound.delete(child);
  });
}

/** Kills a process and resolves when it is gone. */
export function endProcess(child) {
  if (!child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
    return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

/** How many child processes run now, of all phones. */
export function liveProcesses() {
  return live.size;
}

function killAll() {
  for (const child of bound) child.kill('SIGKILL');
}

function guard() {
  if (guarded) return;
  guarded = true;
  process.on('exit', killAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    const onSignal = () => {
      // Somebody else listens and ends this process in order; the children are killed at its exit.
      if (process.listenerCount(signal) > 1) return;
      killAll();
      process.removeListener(signal, onSignal);
      process.kill(process.pid, signal);
    };
    // In front: a listener that was added with `once` still counts as one.
    process.prependListener(signal, onSignal);
  }
}
