/** Who may use the stage's page: nobody from another site, and nobody under another name. */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { copyExample, EXAMPLE } from '../e2e/support.mjs';
import { Stage } from '../../simulator/stage/stage.js';

const PROGRAM = fileURLToPath(new URL('../e2e/demo-stage.mjs', import.meta.url));
const BIN =
  process.env.MINIAPP_RTC_GATEWAY_BIN ??
  fileURLToPath(new URL('../../target/debug/miniapp-rtc-gateway', import.meta.url));

const ask = (address, headers = {}) =>
  new Promise((resolve, reject) => {
    request(address, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

/** @returns {Promise<string>} the first line of the answer to a WebSocket handshake, '' where there is none */
async function shakeHands({ host, hostname, port }, headers) {
  const socket = connect(Number(port), hostname);
  const lines = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': 13,
    'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    Host: host,
    ...headers,
  };
  socket.write(
    `GET /stage HTTP/1.1\r\n${Object.entries(lines)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`,
  );
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
    socket.destroy();
  });
  socket.on('error', () => {});
  await once(socket, 'close');
  return answer.split('\r\n')[0];
}

test('the page is for its own name and its own origin', async (t) => {
  const stage = await Stage.start({ root: EXAMPLE, phones: 1 });
  t.after(() => stage.close());
  const address = new URL(stage.address);
  assert.equal(await ask(address), 200);
  assert.equal(await ask(address, { host: 'rebound.example' }), 403);
  assert.equal(await ask(new URL('/../stage.js', address)), 404);
  assert.equal(await ask(new URL('/media/1', address)), 404);
  assert.match(await shakeHands(address, { Origin: address.origin }), /101/);
  assert.equal(await shakeHands(address, { Origin: 'http://other.example' }), '');
  assert.equal(await shakeHands(address, { Host: 'rebound.example' }), '');
});

test('a web user is sent to the page with what it has to know behind the #, and gets only files of that page', async (t) => {
  const webUser = {
    folder: fileURLToPath(new URL('../../example-web/', import.meta.url)),
    entry: async () => 'user=web-1&token=t',
  };
  const stage = await Stage.start({ root: EXAMPLE, phones: 1, service: { webUser } });
  t.after(() => stage.close());
  const sent = await fetch(stage.webAddress, { redirect: 'manual' });
  assert.deepEqual([sent.status, sent.headers.get('location')], [302, '/web/#user=web-1&token=t']);
  const script = await fetch(new URL('/web/app.js', stage.address));
  assert.deepEqual([script.status, script.headers.get('content-type')], [200, 'text/javascript; charset=utf-8']);
  assert.equal(await ask(new URL('/web/README.md', stage.address)), 404);
  assert.equal(await ask(new URL('/web/%2e%2e/biome.jsonc', stage.address)), 404);
  const alone = await Stage.start({ root: EXAMPLE, phones: 1 });
  t.after(() => alone.close());
  assert.equal(alone.webAddress, null);
  assert.equal(await ask(new URL('/web/join', alone.address)), 404);
});

test("somebody's own app: its page, one phone, a status in one line, and an end", async (t) => {
  const child = spawn(process.execPath, [
    PROGRAM,
    '--gateway-bin',
    BIN,
    '--app',
    copyExample(t),
    '--no-browser',
    '--seconds',
    '4',
  ]);
  t.after(() => child.kill('SIGKILL'));
  const lines = [];
  createInterface({ input: child.stdout }).on('line', async (line) => {
    lines.push(line);
    const [address] = /http:\/\/127\.0\.0\.1:\d+\//.exec(line) ?? [];
    if (address) lines.push(`answers ${await ask(address)}`);
  });
  const [status] = await once(child, 'exit');
  const text = lines.join('\n');
  assert.equal(status, 0, text);
  assert.match(text, /answers 200/);
  assert.doesNotMatch(text, /example-miniapp|--app DIR/, 'no advice for those who run the example');
  assert.equal(lines.filter((line) => line.includes('alice: in no room')).length, 1, text);
  assert.doesNotMatch(text, /\b001[0-9a-zA-Z+/]{24}/, 'no token is shown');
});

test('a folder that is no mini-program, a port in use, a token for nobody: a sentence, and status 2', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const taken = other.address();
  const run = (...parameters) =>
    new Promise((resolve) => {
      execFile(process.execPath, [PROGRAM, '--gateway-bin', BIN, ...parameters], (error, stdout, stderr) =>
        resolve({ status: error?.code ?? 0, text: stdout + stderr }),
      );
    });
  for (const [parameters, pattern] of [
    [['--app', EXAMPLE, '--port', String(taken.port)], /^error: port \d+ is taken by another program: end it, or give/],
    [['--app', 'nowhere'], /^error: .*nowhere does not exist\. Give the folder that holds app\.json/],
    [['--app', EXAMPLE, '--page', '/p?token={token}'], /write room=\.\.\. and user=\.\.\. into its query/],
    [['--app', EXAMPLE, '--seconds', '0'], /^error: --seconds needs a positive number, \d+ at most, not '0'\n$/],
    [['--app', EXAMPLE, '--port', '65536'], /^error: --port needs a number from 0 to 65535, not '65536'\n$/],
  ]) {
    const { status, text } = await run(...parameters);
    assert.match(text, pattern);
    assert.equal(status, 2, text);
  }
});
