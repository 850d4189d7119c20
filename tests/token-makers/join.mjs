/** A join to a gateway by a plain WebSocket, with nothing of the SDK. */

import { once } from 'node:events';
import { createRequire } from 'node:module';

const { WebSocket } = createRequire(new URL('../../simulator/package.json', import.meta.url))('ws');

/**
 * @param {import('node:test').TestContext} t whose end closes the socket
 * @param {{ gateway: string, appId: string, room: string, user: string, token: string }} how
 * @returns {Promise<any>} the gateway's answer
 */
export async function join(t, { gateway, appId: app, room, user, token }) {
  const socket = new WebSocket(gateway, 'miniapp-rtc.v1');
  t.after(() => socket.terminate());
  await once(socket, 'open');
  socket.send(JSON.stringify({ id: 1, m: 'join', p: { app, room, user, token, visible: true } }));
  for (;;) {
    const [data] = await once(socket, 'message');
    const frame = JSON.parse(data);
    if (frame.id === 1) return frame;
  }
}
