/**
 * The server domain check of a released mini-program: TLS only, listed hosts only, the port exactly as listed, no
 * literal address.
 */

import { isIP } from 'node:net';

/**
 * @param {string} url
 * @param {'wss:' | 'https:'} protocol
 * @param {string[]} allowed
 * @returns {boolean}
 */
export function isAllowedDomain(url, protocol, allowed) {
  let parsed;
  try {
    parsed = new URL(url);
  } catch {
    return false;
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  if (parsed.protocol !== protocol || isIP(host) || host === 'localhost') return false;
  return allowed.some((entry) => {
    const listed = new URL(entry);
    return listed.protocol === protocol && listed.hostname === parsed.hostname && listed.port === parsed.port;
  });
}
