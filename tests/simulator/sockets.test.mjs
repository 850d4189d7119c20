/** Sockets and requests: real connections, WeChat's limits, and every way in which a connection ends. */

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { freePort, out, pause, runInApp, simulatorRequire } from './support.mjs';

const { WebSocketServer } = simulatorRequire('ws');

/** An echo server that knows some commands. */
async function echoServer(t) {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) => (offered.has('v1') ? 'v1' : false),
  });
  await new Promise((resolve) => {
    server.on('listening', resolve);
  });
  server.on('connection', (socket, request) => {
    socket.on('error', () => {});
    if (request.url === '/headers') socket.send(JSON.stringify(request.headers));
    socket.on('message', (data, binary) => {
      const text = String(data);
      if (text.startsWith('close ')) socket.close(Number(text.slice(6)), 'because');
      else if (text === 'close') socket.close();
      else if (text === 'die') socket.terminate();
      else socket.send(data, { binary });
    });
  });
  t.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return { url: `ws://127.0.0.1:${server.address().port}`, server };
}

/** App code: a function that opens a socket and writes what happens into out[name]. */
const OBSERVE = `
  function observe(name, options, script) {
    const seen = out[name] = [];
    const task = wx.connectSocket({ ...options, success: (r) => seen.push('success ' + r.errMsg), fail: (r) => seen.push('fail ' + r.errMsg) });
    task.onOpen((r) => { seen.push('open ' + typeof r.header + ' ' + typeof r.profile.cost); if (script) script(task, seen); });
    task.onMessage(({ data }) => seen.push(typeof data === 'string' ? 'text ' + data : 'binary ' + (data instanceof ArrayBuffer) + ' ' + new Uint8Array(data).join()));
    task.onError((r) => seen.push('error'));
    task.onClose(({ code, reason }) => seen.push('close ' + code + ' ' + reason));
    return task;
  }
`;

test('text and binary go both ways, close tells code and reason', async (t) => {
  const { url } = await echoServer(t);
  const phone = await runInApp(
    t,
    `${OBSERVE}
    observe('talk', { url: '${url}', protocols: ['v1'] }, (task, seen) => {
      task.send({ data: '你好 😀', success: (r) => seen.push(r.errMsg) });
      task.send({ data: new Uint8Array([1, 2, 250]).buffer });
      setTimeout(() => task.close({ code: 4001, reason: 'bye' }), 100);
    });
    observe('peer', { url: '${url}', protocols: ['v1'] }, (task) => task.send({ data: 'close 4010' }));
    observe('silentPeer', { url: '${url}', protocols: ['v1'] }, (task) => task.send({ data: 'close' }));
    observe('dead', { url: '${url}', protocols: ['v1'] }, (task) => task.send({ data: 'die' }));
  `,
  );
  await phone.waitFor(
    () => ['talk', 'peer', 'silentPeer', 'dead'].every((name) => phone.app.out[name].join().includes('close')),
    3000,
    'all closed',
  );
  const seen = out(phone);
  assert.deepEqual(seen.talk, [
    'success connectSocket:ok',
    'open object number',
    'sendSocketMessage:ok',
    'text 你好 😀',
    'binary true 1,2,250',
    'close 4001 bye',
  ]);
  assert.equal(seen.peer.at(-1), 'close 4010 because');
  assert.equal(seen.silentPeer.at(-1), 'close 1005 ');
  assert.equal(seen.dead.at(-1), 'close 1006 abnormal closure');
  assert.equal(phone.stats().sockets, 0);
  assert.deepEqual(phone.faults, []);
});

test('some clients tell 1005 whatever the peer said; closing before open still ends with onClose', async (t) => {
  const { url } = await echoServer(t);
  const phone = await runInApp(
    t,
    `${OBSERVE}
    observe('peer', { url: '${url}', protocols: ['v1'] }, (task) => task.send({ data: 'close 4010' }));
    observe('early', { url: '${url}', protocols: ['v1'] }).close({});
  `,
    { closeCodes: 'always1005' },
  );
  await phone.waitFor(() => phone.app.out.peer.length === 3 && phone.app.out.early.length === 2, 2000, 'both closed');
  assert.equal(out(phone).peer.at(-1), 'close 1005 because');
  assert.deepEqual(out(phone).early, ['success connectSocket:ok', 'close 1000 normal closure']);
  await pause(50);
  assert.equal(phone.stats().sockets, 0);
});

test('the sixth socket is refused, a place becomes free again', async (t) => {
  const { url } = await echoServer(t);
  const phone = await runInApp(
    t,
    `${OBSERVE}
    const tasks = [];
    for (let i = 0; i < 6; i += 1) tasks.push(observe('s' + i, { url: '${url}', protocols: ['v1'] }));
    App.swap = () => tasks[0].close({});
    App.seventh = () => observe('s6', { url: '${url}', protocols: ['v1'] });
  `,
  );
  await phone.waitFor(() => phone.app.out.s5.length > 0 && phone.app.out.s4.length > 1, 2000, 'refusal');
  assert.match(out(phone).s5[0], /^fail .*exceed max concurrent count/);
  assert.equal(phone.stats().sockets, 5);
  phone.service.realm.global.App.swap();
  await phone.waitFor(() => phone.app.out.s0.length === 3, 2000, 'the first to close');
  phone.service.realm.global.App.seventh();
  await phone.waitFor(() => phone.app.out.s6.length === 2, 2000, 'the seventh to open');
});

test('send fails unless open, and takes only strings and ArrayBuffers', async (t) => {
  const { url } = await echoServer(t);
  const phone = await runInApp(
    t,
    `${OBSERVE}
    out.fails = [];
    const fail = (r) => out.fails.push(r.errMsg);
    const task = observe('s', { url: '${url}', protocols: ['v1'] }, () => {
      task.send({ data: new Uint8Array(2), fail });
      task.send({ data: { a: 1 }, fail });
      task.close({ code: 1001, fail });
      task.close({ reason: 'x'.repeat(124), fail });
    });
    out.promise = typeof task.send({ data: 'early', fail });
  `,
  );
  await phone.waitFor(() => phone.app.out.fails.length === 5, 2000, 'five failures');
  const { fails, promise } = out(phone);
  assert.equal(promise, 'undefined');
  assert.match(fails[0], /not OPEN/);
  assert.match(fails[1], /String or ArrayBuffer/);
  assert.match(fails[3], /invalid code/);
  assert.match(fails[4], /123 bytes/);
  assert.equal(phone.faults.length, 2);
});

test('a connection that cannot be made: success first, then error and close as the switch says', async (t) => {
  const port = await freePort();
  for (const [connectFailure, platform, expected] of [
    ['error+close', 'android', ['success connectSocket:ok', 'error', 'close 1006 abnormal closure']],
    ['error+close', 'ios', ['success connectSocket:ok', 'error', 'close 1001 Stream end encountered']],
    ['error', 'android', ['success connectSocket:ok', 'error']],
    ['close', 'android', ['success connectSocket:ok', 'close 1006 abnormal closure']],
  ]) {
    const phone = await runInApp(t, `${OBSERVE} observe('s', { url: 'ws://127.0.0.1:${port}/?token=secret' });`, {
      connectFailure,
      platform,
    });
    await phone.waitFor(() => phone.app.out.s.length === expected.length, 2000, 'failure');
    await pause(20);
    assert.deepEqual(out(phone).s, expected);
  }
});

test('the domain check refuses what a released mini-program may not reach', async (t) => {
  const phone = await runInApp(
    t,
    `${OBSERVE}
    observe('plain', { url: 'ws://good.example.com' });
    observe('address', { url: 'wss://127.0.0.1' });
    observe('port', { url: 'wss://good.example.com:8443' });
    observe('other', { url: 'wss://bad.example.com' });
    wx.request({ url: 'http://good.example.com/', fail: (r) => { out.request = r.errMsg; } });
  `,
    { urlCheck: true, socketDomains: ['wss://good.example.com'], requestDomains: ['https://good.example.com'] },
  );
  await phone.waitFor(() => phone.app.out.request && phone.app.out.other.length, 2000, 'refusals');
  const seen = out(phone);
  for (const name of ['plain', 'address', 'port', 'other']) assert.match(seen[name][0], /url not in domain list/, name);
  assert.match(seen.request, /url not in domain list/);
});

test('cut sockets: with onClose, or silent and half open', async (t) => {
  const { url, server } = await echoServer(t);
  const code = `${OBSERVE} const task = observe('s', { url: '${url}', protocols: ['v1'] });
    App.send = () => task.send({ data: 'hello', success: () => out.s.push('sent'), fail: () => out.s.push('failed') });`;
  const loud = await runInApp(t, code);
  await loud.waitFor(() => loud.app.out.s.length === 2, 2000, 'open');
  loud.cutSockets();
  assert.equal(out(loud).s.at(-1), 'close 1006 abnormal closure');
  const silent = await runInApp(t, code);
  await silent.waitFor(() => silent.app.out.s.length === 2, 2000, 'open');
  silent.cutSockets({ silent: true });
  silent.service.realm.global.App.send();
  await pause(100);
  assert.deepEqual(out(silent).s.slice(2), ['sent']);
  assert.equal(server.clients.size, 0);
});

test('going offline cuts sockets, refuses new ones and tells the app', async (t) => {
  const { url } = await echoServer(t);
  const phone = await runInApp(
    t,
    `${OBSERVE}
    out.network = [];
    const listener = (event) => out.network.push(event.networkType + ' ' + event.isConnected);
    wx.onNetworkStatusChange(listener);
    wx.onNetworkWeakChange((event) => out.network.push('weak ' + event.weakNet));
    observe('s', { url: '${url}', protocols: ['v1'] });
    App.again = (name) => observe(name, { url: '${url}', protocols: ['v1'] });
    App.off = () => wx.offNetworkStatusChange(listener);
  `,
  );
  await phone.waitFor(() => phone.app.out.s.length === 2, 2000, 'open');
  phone.setNetwork({ isConnected: false });
  phone.service.realm.global.App.again('offline');
  await phone.waitFor(() => phone.app.out.offline?.length === 3, 1000, 'refusal');
  assert.equal(out(phone).s.at(-1), 'close 1006 abnormal closure');
  phone.setNetwork({ isConnected: true, networkType: '5g', weakNet: true });
  phone.service.realm.global.App.again('online');
  await phone.waitFor(() => phone.app.out.online?.length === 2, 1000, 'open again');
  assert.deepEqual(out(phone).network, ['none false', 'weak true', '5g true']);
  phone.service.realm.global.App.off();
  phone.setNetwork({ networkType: 'wifi' });
  await pause(20);
  assert.equal(out(phone).network.length, 3);
});

test('request: any status succeeds, JSON is parsed, failures say why', async (t) => {
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      if (request.url === '/slow') return;
      response.writeHead(request.url === '/404' ? 404 : 200, { 'x-thing': 'yes' });
      response.end(JSON.stringify({ method: request.method, url: request.url, body }));
    });
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${server.address().port}`;
  const phone = await runInApp(
    t,
    `
    const ask = (name, options) => wx.request({ ...options, success: (r) => { out[name] = r; }, fail: (r) => { out[name] = r; } });
    ask('get', { url: '${base}/a', data: { q: '一' } });
    ask('post', { url: '${base}/b', method: 'POST', data: { x: 1 } });
    ask('missing', { url: '${base}/404' });
    ask('slow', { url: '${base}/slow', timeout: 50 });
    ask('bytes', { url: '${base}/c', responseType: 'arraybuffer', success: null });
    wx.request({ url: '${base}/c', responseType: 'arraybuffer', success: (r) => { out.buffer = r.data instanceof ArrayBuffer; } });
    ask('refused', { url: 'http://127.0.0.1:1/' });
  `,
  );
  await phone.waitFor(
    () => ['get', 'post', 'missing', 'slow', 'buffer', 'refused'].every((name) => phone.app.out[name]),
    3000,
    'answers',
  );
  const seen = out(phone);
  assert.equal(seen.get.statusCode, 200);
  assert.equal(seen.get.data.url, '/a?q=%E4%B8%80');
  assert.equal(seen.get.header['x-thing'], 'yes');
  assert.deepEqual([seen.post.data.method, seen.post.data.body], ['POST', '{"x":1}']);
  assert.equal(seen.missing.statusCode, 404);
  assert.match(seen.slow.errMsg, /request:fail timeout/);
  assert.match(seen.refused.errMsg, /request:fail .*ECONNREFUSED/);
  assert.equal(seen.buffer, true);
});
