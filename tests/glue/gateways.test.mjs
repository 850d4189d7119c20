import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { findGateways } from '../../js-glue/src/config.js';
import { ERROR_CODES } from '../../js-glue/src/names.js';

/** What the config address answers: HTTP status and body. */
let answer;
let server;
let configUrl;

before(async () => {
  server = createServer((_request, response) => {
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(answer.body);
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  configUrl = `http://127.0.0.1:${server.address().port}/config?key=secret`;
  // WeChat's request: success for any HTTP status, and JSON parsed when it parses.
  globalThis.wx = {
    request({ url, success, fail }) {
      fetch(url).then(
        async (response) => {
          const text = await response.text();
          let data = text;
          try {
            data = JSON.parse(text);
          } catch {
            /* stays text */
          }
          success({ statusCode: response.status, data });
        },
        (error) => fail({ errMsg: `request:fail ${error.message}` }),
      );
    },
  };
});

after(() => {
  delete globalThis.wx;
  server.close();
});

const refused = (options, code, reason) =>
  assert.rejects(findGateways(options), (error) => {
    assert.equal(error.code, code);
    assert.match(error.reason, reason);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });

test('addresses of the options, one or several, come first', async () => {
  assert.deepEqual(await findGateways({ gateway: 'wss://a/v1' }), ['wss://a/v1']);
  assert.deepEqual(await findGateways({ gateway: ['wss://a/v1', 'wss://b/v1'], configUrl: 'https://none.invalid' }), [
    'wss://a/v1',
    'wss://b/v1',
  ]);
});

test('the config address serves the list', async () => {
  answer = { status: 200, body: '{"gateways":["wss://a/v1","wss://b/v1"]}' };
  assert.deepEqual(await findGateways({ configUrl }), ['wss://a/v1', 'wss://b/v1']);
});

test('GET_CONFIG_ERROR: HTTP status, wrong body, no server', async () => {
  answer = { status: 503, body: '{"gateways":["wss://a/v1"]}' };
  await refused({ configUrl }, ERROR_CODES.GET_CONFIG_ERROR, /HTTP status 503/);
  for (const body of ['<html>', '{}', 'null', '{"gateways":"wss://a/v1"}']) {
    answer = { status: 200, body };
    await refused({ configUrl }, ERROR_CODES.GET_CONFIG_ERROR, /the answer is not/);
  }
  await refused({ configUrl: 'http://127.0.0.1:1/?key=secret' }, ERROR_CODES.GET_CONFIG_ERROR, /request domains/);
});

test('NO_WEBSOCKET_URL: nothing given, an empty list given, an empty list served', async () => {
  await refused({}, ERROR_CODES.NO_WEBSOCKET_URL, /init\(appId, \{ gateway \}\)/);
  await refused({ gateway: [] }, ERROR_CODES.NO_WEBSOCKET_URL, /no gateway address/);
  answer = { status: 200, body: '{"gateways":[]}' };
  await refused({ configUrl }, ERROR_CODES.NO_WEBSOCKET_URL, /no gateway address/);
});
