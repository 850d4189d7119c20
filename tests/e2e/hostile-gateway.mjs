/** A gateway gone bad: a relay to a real one that adds nonsense before every frame. */

import { createRequire } from 'node:module';

const { WebSocket, WebSocketServer } = createRequire(new URL('../../simulator/package.json', import.meta.url))('ws');

const NONSENSE = [
  '',
  'nonsense',
  '[]',
  'null',
  '{}',
  '{"ev":17}',
  '{"ev":"stream_added","d":{"user":5}}',
  '{"ev":"no_such_event","d":{}}',
  '{"id":4000000000,"m":"publish","ok":{}}',
  '{"id":-1,"m":"publish","ok":{}}',
  '{"id":1e300,"err":{"code":70000}}',
  '{"id":9,"m":"no_such_method","ok":{}}',
  `{"ev":"bye","d":${'['.repeat(5000)}${']'.repeat(5000)}}`,
  `"${'x'.repeat(60_000)}"`,
  Buffer.from([0xff, 0x00, 0xfe]),
];

/**
 * @param {import('node:test').TestContext} t
 * @param {string} real address of the real gateway
 */
export async function hostileGateway(t, real) {
  let sent = 0;
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: (offered) => [...offered][0] });
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  t.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on('connection', (client) => {
    const gateway = new WebSocket(real, client.protocol);
    const held = [];
    client.on('message', (data) =>
      gateway.readyState === WebSocket.OPEN ? gateway.send(String(data)) : held.push(String(data)),
    );
    gateway.on('open', () => {
      for (const frame of held.splice(0)) gateway.send(frame);
    });
    gateway.on('message', (data) => {
      for (const frame of NONSENSE) client.send(frame);
      sent += NONSENSE.length;
      client.send(String(data));
    });
    client.on('close', () => gateway.terminate());
    gateway.on('close', () => client.terminate());
    gateway.on('error', () => client.terminate());
  });
  return { ws: `ws://127.0.0.1:${server.address().port}/v1`, garbage: () => sent };
}
