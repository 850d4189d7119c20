/** A signal to the demonstration, in the middle of a call: it ends in order, and nothing of it stays behind. */

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { copyExample } from '../e2e/support.mjs';
import { MEETING } from '../e2e/stage-service.mjs';
import { BIN } from './opened.mjs';

const CALL_MS = 20_000;
const GONE_MS = 3000;

/** Process ids and names of the children of a process. */
function childrenOf(pid) {
  return execFileSync('ps', ['-eo', 'pid=,ppid=,comm='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent]) => Number(parent) === pid)
    .map(([child, , name]) => ({ pid: Number(child), name }));
}

function isAlive({ pid }) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts a demonstration whose phone is in a call, and gives the processes that it has then. */
async function inACall(t, program, parameters) {
  const path = fileURLToPath(new URL(`../e2e/${program}`, import.meta.url));
  const demo = spawn(process.execPath, [path, '--gateway-bin', BIN, '--app', copyExample(t), ...parameters]);
  t.after(() => demo.kill('SIGKILL'));
  let text = '';
  for (const stream of [demo.stdout, demo.stderr])
    stream.on('data', (chunk) => {
      text += chunk;
    });
  const ended = once(demo, 'exit');
  const end = Date.now() + CALL_MS;
  for (;;) {
    const children = childrenOf(demo.pid);
    const has = (name) => children.some((child) => child.name.startsWith(name));
    // What `ps` itself is, is gone before anybody can ask.
    if (has('ffmpeg') && has('miniapp-rtc') && /in a room|live-pusher +1002/.test(text))
      return { demo, ended, children, told: () => text };
    assert.ok(Date.now() < end && demo.exitCode === null, `no call within ${CALL_MS} ms: ${text}`);
    await pause(100);
  }
}

async function assertGone(children) {
  for (const end = Date.now() + GONE_MS; children.some(isAlive) && Date.now() < end; ) await pause(50);
  assert.deepEqual(children.filter(isAlive), []);
}

for (const [program, parameters] of [
  ['demo-stage.mjs', ['--page', MEETING, '--no-browser']],
  ['demo-app.mjs', ['--page', MEETING.replace('{user}', 'me')]],
])
  for (const signal of ['SIGINT', 'SIGTERM'])
    test(`${program}: one ${signal} ends it well`, async (t) => {
      const { demo, ended, children, told } = await inACall(t, program, parameters);
      demo.kill(signal);
      assert.deepEqual(await ended, [0, null], told());
      assert.match(told(), /ended well/);
      await assertGone(children);
    });

test('a second signal ends it at once, and the gateway with it', async (t) => {
  const { demo, ended, children } = await inACall(t, 'demo-stage.mjs', ['--page', MEETING, '--no-browser']);
  const gateway = children.find(({ name }) => name.startsWith('miniapp-rtc'));
  // A gateway that stands still does not end when it is asked to.
  process.kill(gateway.pid, 'SIGSTOP');
  demo.kill('SIGINT');
  await pause(500);
  demo.kill('SIGINT');
  assert.deepEqual(await ended, [null, 'SIGINT']);
  await assertGone(children);
});
