/** Reads claims, one line each, and writes a token or why there is none. */

import { createInterface } from 'node:readline';

import { makeToken } from '../../../examples/token-server/node/token.mjs';

const text = (field) => Buffer.from(field, 'base64').toString();

for await (const line of createInterface({ input: process.stdin })) {
  const [appId, appKey, room, user, expiresAt, privileges, issuedAt, nonce] = line.split(' ');
  try {
    const token = makeToken({
      appId: text(appId),
      appKey: text(appKey),
      room: text(room),
      user: text(user),
      expiresAt: Number(expiresAt),
      privileges: Object.fromEntries(privileges.split(',').map((pair) => pair.split(':').map(Number))),
      issuedAt: Number(issuedAt),
      nonce: Number(nonce),
    });
    console.log(token);
  } catch (error) {
    console.log(`refused: ${error.message}`);
  }
}
