/** The background: JavaScript freezes, sockets are cut, and everything that waited comes first when the app returns. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { out, pause, runInApp, simulatorRequire } from './support.mjs';

const { WebSocketServer } = simulatorRequire('ws');

const CODE = (url) => `
  out.log = [];
  const say = (line) => out.log.push(line);
  wx.onAppHide(() => say('hide'));
  wx.onAppShow(() => say('show'));
  const task = wx.connectSocket({ url: '${url}' });
  task.onOpen(() => say('open'));
  task.onClose((r) => say('close ' + r.code + ' ' + r.reason));
  let ticks = 0;
  setInterval(() => { ticks += 1; out.ticks = ticks; }, 10);
  App.later = () => setTimeout(() => say('timer'), 50);
`;

async function start(t, options) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => {
    server.on('listening', resolve);
  });
  t.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const phone = await runInApp(t, CODE(`ws://127.0.0.1:${server.address().port}`), {
    backgroundFreezeMs: 60,
    ...options,
  });
  await phone.waitFor(() => phone.app.out.log.includes('open'), 2000, 'open');
  return { phone, server };
}

test('frozen: no timer runs; on return the queue runs first, then show', async (t) => {
  const { phone, server } = await start(t, {});
  phone.service.realm.global.App.later();
  phone.hide();
  await pause(30);
  const early = phone.app.out.ticks;
  assert.ok(early > 0, 'runs until it is frozen');
  await pause(60);
  const frozen = phone.app.out.ticks;
  await pause(150);
  assert.equal(phone.app.out.ticks, frozen);
  assert.deepEqual(
    out(phone).log,
    ['open', 'hide', 'timer'].filter((line) => out(phone).log.includes(line)),
  );
  assert.equal(server.clients.size, 0);
  assert.ok(!out(phone).log.some((line) => line.startsWith('close')), 'onClose waits as well');
  phone.show();
  await pause(30);
  const { log } = out(phone);
  assert.ok(log.indexOf('close 1000 interrupted') > 0, log.join());
  assert.ok(log.indexOf('close 1000 interrupted') < log.indexOf('show'), log.join());
  assert.ok(phone.app.out.ticks > frozen);
});

test('iOS: the cut is not told', async (t) => {
  const { phone } = await start(t, { platform: 'ios' });
  phone.hide();
  await pause(150);
  phone.show();
  await pause(30);
  assert.deepEqual(out(phone).log, ['open', 'hide', 'show']);
});

test('back before the freeze: nothing is cut', async (t) => {
  const { phone, server } = await start(t, { backgroundFreezeMs: 200 });
  phone.hide();
  await pause(50);
  phone.show();
  await pause(250);
  assert.deepEqual(out(phone).log, ['open', 'hide', 'show']);
  assert.equal(server.clients.size, 1);
});

test('audio interruption and memory warning reach their listeners', async (t) => {
  const phone = await runInApp(
    t,
    `
    out.log = [];
    wx.onAudioInterruptionBegin(() => out.log.push('begin'));
    wx.onAudioInterruptionEnd(() => out.log.push('end'));
    wx.onMemoryWarning((r) => out.log.push(r.level));
  `,
  );
  phone.audioInterruption('begin');
  phone.audioInterruption('end');
  phone.memoryWarning(10);
  await pause(20);
  assert.deepEqual(out(phone).log, ['begin', 'end', 10]);
});
