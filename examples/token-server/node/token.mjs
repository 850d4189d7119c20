/** AccessToken 001: the token with which a user joins a room. Times are Unix seconds. */

import { createHmac, randomInt } from 'node:crypto';
import { pathToFileURL } from 'node:url';

export const PUBLISH = 0;
export const SUBSCRIBE = 4;

/**
 * @param {{ appId: string, appKey: string, room: string, user: string, expiresAt: number, privileges?: Record<number,
 *   number>, issuedAt?: number, nonce?: number }} claims `room`: `*` is every room; `expiresAt`: 0 is never;
 *   `privileges`: each with its own end, 0 is the token's end
 */
export function makeToken(claims) {
  const { appId, appKey, room, user, expiresAt, privileges = { [PUBLISH]: 0, [SUBSCRIBE]: 0 } } = claims;
  const { issuedAt = Math.floor(Date.now() / 1000), nonce = randomInt(1, 2 ** 32) } = claims;
  check(appId, /^[a-zA-Z0-9]{24}$/, 'appId: 24 letters and digits');
  check(appKey, /./, 'appKey: it is empty');
  check(room, /^(\*|[a-zA-Z0-9@_.-]{0,128})$/, 'room: at most 128 of a-z A-Z 0-9 @ _ - . or *');
  check(user, /^[a-zA-Z0-9@_.-]{1,128}$/, 'user: 1 to 128 of a-z A-Z 0-9 @ _ - .');
  if (expiresAt !== 0 && expiresAt <= issuedAt) throw new RangeError('expiresAt: a time to come, not a duration');

  // Publishing as a whole, then its audio, video and data.
  const end = privileges[PUBLISH];
  const granted = { ...(end === undefined ? {} : { 1: end, 2: end, 3: end }), ...privileges };
  const keys = Object.keys(granted).map(Number);
  keys.sort((a, b) => a - b);

  const message = Buffer.concat([
    ...[nonce, issuedAt, expiresAt].map(u32),
    ...[room, user].map((text) => bytes16(Buffer.from(text))),
    u16(keys.length),
    ...keys.flatMap((key) => [u16(key), u32(granted[key])]),
  ]);
  const signature = createHmac('sha256', appKey).update(message).digest();
  return `001${appId}${Buffer.concat([bytes16(message), bytes16(signature)]).toString('base64')}`;
}

function check(text, pattern, otherwise) {
  // A pattern takes undefined for the text of that name.
  if (typeof text !== 'string' || !pattern.test(text)) throw new RangeError(otherwise);
}

function u16(number) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(number);
  return bytes;
}

function u32(number) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
}

function bytes16(bytes) {
  return Buffer.concat([u16(bytes.length), bytes]);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [room, user] = process.argv.slice(2);
  const { MINIAPP_RTC_APP_ID: appId, MINIAPP_RTC_APP_KEY: appKey } = process.env;
  console.log(makeToken({ appId, appKey, room, user, expiresAt: Math.floor(Date.now() / 1000) + 24 * 3600 }));
}
