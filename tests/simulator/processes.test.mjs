/** Whatever ends the Node process, no ffmpeg stays behind. */

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { test } from 'node:test';
import { fixture, freePort, pause } from './support.mjs';

/** Process ids of ffmpeg whose parent is, or was, the given process. */
function childrenOf(pid) {
  return execFileSync('ps', ['-eo', 'pid=,ppid=,comm='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, name]) => Number(parent) === pid && name === 'ffmpeg')
    .map(([child]) => Number(child));
}

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL']) {
  test(`${signal} leaves no child process`, async (t) => {
    const url = `rtmp://127.0.0.1:${await freePort()}/live/x`;
    const phone = spawn(process.execPath, [fixture('ending.mjs'), fixture('app'), url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => phone.kill('SIGKILL'));
    await new Promise((resolve) => {
      phone.stdout.once('data', resolve);
    });
    const children = childrenOf(phone.pid);
    assert.ok(children.length >= 1);
    const ended = new Promise((resolve) => {
      phone.on('exit', (_code, by) => resolve(by));
    });
    phone.kill(signal);
    assert.equal(await ended, signal);
    for (let tries = 0; children.some(alive) && tries < 40; tries += 1) await pause(50);
    assert.deepEqual(children.filter(alive), []);
  });
}
