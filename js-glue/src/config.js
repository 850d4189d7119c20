import { RtcError } from './error.js';
import { ERROR_CODES } from './names.js';
import { request } from '#platform/network.js';

/**
 * The gateway addresses that a Client may use: those in its options, or those that a config address serves.
 *
 * @param {{ gateway?: string | string[], configUrl?: string }} options
 * @returns {Promise<string[]>} at least one
 */
export function findGateways({ gateway, configUrl }) {
  const given = typeof gateway === 'string' ? [gateway] : gateway;
  return Promise.resolve(given || (configUrl ? fetchGateways(configUrl) : [])).then((gateways) => {
    if (gateways.length) return gateways;
    throw new RtcError(
      ERROR_CODES.NO_WEBSOCKET_URL,
      'no gateway address: give one in init(appId, { gateway }), or serve {"gateways":["wss://…"]} at { configUrl }',
    );
  });
}

function fetchGateways(url) {
  return new Promise((resolve, reject) => {
    const fail = (cause) =>
      reject(new RtcError(ERROR_CODES.GET_CONFIG_ERROR, `cannot get the gateways from ${url.split('?')[0]}: ${cause}`));
    request(url, fail, (statusCode, data) => {
      const { gateways } = data || {};
      if (statusCode !== 200) fail(`HTTP status ${statusCode}`);
      else if (!Array.isArray(gateways)) fail('the answer is not {"gateways":["wss://…"]}');
      else resolve(gateways);
    });
  });
}
