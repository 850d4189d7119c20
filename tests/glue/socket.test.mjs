import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { createWebSocketClass } from '../../js-glue/src/socket.js';

/** WeChat's side of one socket, moved by the test: what the platform was told, and its callbacks. */
function platform() {
  const side = { sent: [], closed: [] };
  globalThis.wx = {
    connectSocket(options) {
      side.options = options;
      return {
        onOpen: (callback) => {
          side.open = callback;
        },
        onMessage: (callback) => {
          side.message = callback;
        },
        onError: (callback) => {
          side.error = callback;
        },
        onClose: (callback) => {
          side.close = callback;
        },
        send: (given) => side.sent.push(given),
        close: (given) => side.closed.push(given),
      };
    },
  };
  return side;
}

function connect(protocol) {
  const sockets = new Set();
  const events = [];
  const WebSocket = createWebSocketClass((run) => run(), sockets);
  const socket = new WebSocket('wss://gateway/v1', protocol);
  for (const kind of ['open', 'message', 'error', 'close']) socket[`on${kind}`] = (event) => events.push([kind, event]);
  return { WebSocket, socket, sockets, events, kinds: () => events.map(([kind]) => kind) };
}

const turn = () =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

afterEach(() => {
  delete globalThis.wx;
});

test('opens with the sub-protocol, receives, sends text and bytes, closes', async () => {
  const side = platform();
  const { socket, sockets, events, kinds } = connect('miniapp-rtc.v1');
  assert.deepEqual(side.options.protocols, ['miniapp-rtc.v1']);
  assert.equal(socket.readyState, 0);
  side.open({});
  side.message({ data: 'hello' });
  await turn();
  assert.equal(socket.readyState, 1);
  assert.deepEqual(events[1], ['message', { data: 'hello' }]);

  const memory = Uint8Array.of(1, 2, 3, 4);
  socket.send('text');
  socket.send(memory.subarray(1, 3));
  memory.fill(9);
  assert.equal(side.sent[0].data, 'text');
  assert.deepEqual(new Uint8Array(side.sent[1].data), Uint8Array.of(2, 3));
  assert.equal(socket.bufferedAmount, 6);
  side.sent.forEach(({ success }) => success());
  assert.equal(socket.bufferedAmount, 0);

  side.close({ code: 4001, reason: 'bye' });
  await turn();
  assert.deepEqual(kinds(), ['open', 'message', 'close']);
  assert.deepEqual(events[2][1], { code: 4001, reason: 'bye' });
  assert.equal(socket.readyState, 3);
  assert.equal(sockets.size, 0);
});

test('no handler runs inside the call that causes its event', async () => {
  const side = platform();
  globalThis.wx.connectSocket = ((connectSocket) => (options) => {
    const task = connectSocket(options);
    options.fail({ errMsg: 'connectSocket:fail url not in domain list' });
    return task;
  })(globalThis.wx.connectSocket);
  const { events, kinds } = connect();
  assert.deepEqual(events, []);
  await turn();
  assert.deepEqual(kinds(), ['error', 'close']);
  assert.equal(side.closed.length, 1);
});

test('whatever comes before open: error with the cause, then close, each once', async () => {
  const cases = [
    [(side) => side.options.fail({ errMsg: 'not in domain list' }), 'not in domain list', 1006],
    [
      (side) => {
        side.error({ errMsg: 'refused' });
        side.close({ code: 1001, reason: 'late' });
      },
      'refused',
      1006,
    ],
    [
      (side) => {
        side.close({ code: 1001, reason: 'Stream end' });
        side.error({ errMsg: 'late' });
      },
      'Stream end',
      1001,
    ],
    [(side) => side.close(), 'the socket closed before it opened', 1005],
  ];
  for (const [happen, cause, code] of cases) {
    const side = platform();
    const { WebSocket, socket, sockets, events, kinds } = connect();
    assert.equal(WebSocket.cause, undefined);
    happen(side);
    side.open({});
    await turn();
    assert.deepEqual(kinds(), ['error', 'close']);
    assert.equal(WebSocket.cause, cause);
    assert.equal(events[1][1].code, code);
    assert.equal(socket.readyState, 3);
    assert.equal(sockets.size, 0);
  }
});

test('connectSocket that throws fails like any other connection', async () => {
  globalThis.wx = {
    connectSocket: () => {
      throw new Error('exceed max concurrent count');
    },
  };
  const { WebSocket, kinds } = connect();
  await turn();
  assert.deepEqual(kinds(), ['error', 'close']);
  assert.equal(WebSocket.cause, 'exceed max concurrent count');
});

test("connectSocket that gives no task: WeChat's own words, or ours when it has none", async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const words = { errMsg: 'connectSocket:fail url not in domain list' };
  for (const [given, said, cause] of [
    [() => undefined, words, words.errMsg],
    [() => ({}), words, words.errMsg],
    [() => undefined, undefined, /gave no SocketTask/],
    [() => Promise.reject(words), undefined, words.errMsg],
    [() => Promise.resolve(undefined), undefined, /gave no SocketTask/],
  ]) {
    let options;
    globalThis.wx = {
      connectSocket: (asked) => {
        options = asked;
        return given();
      },
    };
    const { WebSocket, kinds } = connect();
    await turn();
    if (said) options.fail(said);
    await turn();
    t.mock.timers.tick(1000);
    await turn();
    assert.deepEqual(kinds(), ['error', 'close']);
    assert.match(WebSocket.cause, typeof cause === 'string' ? new RegExp(cause) : cause);
  }
});

test('a promise of a task: it works like the task, and a task that comes too late is closed', async () => {
  const side = platform();
  const { connectSocket } = wx;
  globalThis.wx = { connectSocket: (options) => Promise.resolve(connectSocket(options)) };
  const { socket, kinds } = connect();
  await turn();
  side.open({});
  side.message({ data: 'text' });
  await turn();
  socket.send('out');
  assert.deepEqual([kinds(), side.sent.length], [['open', 'message'], 1]);

  const late = connect();
  late.socket.close();
  await turn();
  assert.deepEqual(late.kinds(), ['error', 'close']);
  assert.equal(side.closed.length, 1, 'the task that came after the close');
});

test('closed by us while it connects: error, close, and a task that opens late is closed again', async () => {
  const side = platform();
  const { socket, kinds } = connect();
  socket.close();
  await turn();
  assert.deepEqual(kinds(), ['error', 'close']);
  side.open({});
  side.message({ data: 'late' });
  side.close({ code: 1000 });
  await turn();
  assert.deepEqual(kinds(), ['error', 'close']);
  assert.equal(side.closed.length, 2);
});

test('closed by us: one close event even when WeChat never answers, and no second close to WeChat', async () => {
  const side = platform();
  const { socket, events, kinds } = connect();
  side.open({});
  await turn();
  socket.close(4002, 'done');
  socket.close();
  await turn();
  side.close({ code: 1000, reason: 'late' });
  await turn();
  assert.deepEqual(kinds(), ['open', 'close']);
  assert.deepEqual(events[1][1], { code: 4002, reason: 'done' });
  assert.deepEqual(
    side.closed.map(({ code, reason }) => [code, reason]),
    [[4002, 'done']],
  );
});

test('a close reason is cut to 123 bytes without breaking a character', async () => {
  const side = platform();
  const { socket } = connect();
  side.open({});
  await turn();
  socket.close(4000, '再见'.repeat(60));
  assert.equal(side.closed[0].reason, `${'再见'.repeat(20)}再`);
});

test('a send that WeChat refuses ends the socket with error and close', async () => {
  const side = platform();
  const { WebSocket, socket, kinds } = connect();
  side.open({});
  await turn();
  socket.send('x');
  side.sent[0].fail({ errMsg: 'sendSocketMessage:fail' });
  await turn();
  assert.deepEqual(kinds(), ['open', 'error', 'close']);
  assert.equal(WebSocket.cause, 'sendSocketMessage:fail');
  assert.equal(side.closed.length, 1);
});

test('send is refused unless open, and when a megabyte already waits', async () => {
  const side = platform();
  const { socket } = connect();
  assert.throws(() => socket.send('x'), /not open/);
  side.open({});
  await turn();
  socket.send('x'.repeat(1 << 20));
  assert.throws(() => socket.send('x'), /send buffer is full/);
  assert.equal(side.sent.length, 1);
});

test('events of an old socket do not reach a new one', async () => {
  const first = platform();
  const old = connect();
  first.open({});
  await turn();
  old.socket.close();
  const second = platform();
  const young = connect();
  second.open({});
  first.message({ data: 'old' });
  first.error({ errMsg: 'old' });
  await turn();
  assert.deepEqual(old.kinds(), ['open', 'close']);
  assert.deepEqual(young.kinds(), ['open']);
});
