/** `cargo xtask demo --app DIR`: somebody's own app beside a gateway of its own. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { copyExample, startGateway } from './support.mjs';

const PROGRAM = fileURLToPath(new URL('./demo-app.mjs', import.meta.url));
const BIN =
  process.env.MINIAPP_RTC_GATEWAY_BIN ??
  fileURLToPath(new URL('../../target/debug/miniapp-rtc-gateway', import.meta.url));
const PAGE = '/pages/meeting/meeting?gateway={gateway}&appId={appId}&room=demo&user=me&token={token}';

const run = (...parameters) =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [PROGRAM, '--gateway-bin', BIN, ...parameters],
      { timeout: 60_000 },
      (error, stdout, stderr) => resolve({ status: error?.code ?? 0, text: stdout + stderr }),
    );
  });

test('an app joins and publishes; the address holds the gateway, the app id and a token, and none is printed', async (t) => {
  await startGateway(t); // says what to do where the gateway is not built
  const { status, text } = await run('--app', copyExample(t), '--page', PAGE, '--seconds', '6');
  assert.equal(status, 0, text);
  for (const pattern of [
    /gateway ready: ws:\/\/127\.0\.0\.1:\d+/,
    /socket +open ws:/,
    /live-pusher +1002/,
    /ended well/,
  ])
    assert.match(text, pattern);
  assert.doesNotMatch(text, /\b001[0-9a-zA-Z+/]{24}/, 'no token is shown');
});

test('an app that is not there, a page that is not there, a token for nobody', async (t) => {
  const example = copyExample(t);
  const cases = [
    [['--app', join(example, 'nowhere')], /nowhere does not exist\. Give the folder that holds app\.json/],
    [
      ['--app', example, '--page', 'pages/gone'],
      /app\.json has no page 'pages\/gone'\. Its pages are: pages\/join\/join/,
    ],
    [
      ['--app', example, '--page', '/pages/meeting/meeting?token={token}'],
      /made for a room and a user: write room=\.\.\. and user=\.\.\. into its query/,
    ],
  ];
  for (const [parameters, pattern] of cases) {
    const { status, text } = await run(...parameters);
    assert.match(text, pattern);
    assert.equal(status, 2, text);
  }
});
