/** Native tags on real media: ffmpeg listeners take what a pusher sends and give what a player pulls. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { liveProcesses, streamHash } from '../../simulator/index.js';
import { boot, ffmpeg, freePort, pause } from './support.mjs';

const SECRET = 'token=secret-signature';

/** An RTMP server for one publisher; it hands the stream on as HTTP-FLV to one player. */
async function relay(t) {
  const [rtmp, flv] = [await freePort(), await freePort()];
  const server = ffmpeg(t, [
    '-listen',
    '1',
    '-fpsprobesize',
    '0',
    '-analyzeduration',
    '500000',
    '-i',
    `rtmp://127.0.0.1:${rtmp}/live/s`,
    '-c',
    'copy',
    '-max_interleave_delta',
    '1',
    '-flush_packets',
    '1',
    '-f',
    'flv',
    '-listen',
    '1',
    `http://127.0.0.1:${flv}/live/s.flv`,
  ]);
  await pause(300);
  return {
    server,
    push: `rtmp://127.0.0.1:${rtmp}/live/s?${SECRET}`,
    play: `http://127.0.0.1:${flv}/live/s.flv?${SECRET}`,
  };
}

/** An HTTP-FLV server for any number of players: two seconds of media, then the connection stays open and silent. */
async function stillServer(t) {
  const flv = execFileSync(
    'ffmpeg',
    [
      '-hide_banner',
      '-loglevel',
      'error',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=160x120:rate=15',
      '-f',
      'lavfi',
      '-i',
      'sine',
      '-t',
      '2',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv420p',
      '-g',
      '15',
      '-c:a',
      'aac',
      '-f',
      'flv',
      'pipe:1',
    ],
    { maxBuffer: 1 << 24 },
  );
  const server = http.createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'video/x-flv' });
    response.write(flv);
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}/live/still.flv?${SECRET}`, server };
}

async function mediaPhone(t, options) {
  const phone = await boot(t, options);
  phone.events = [];
  phone.onEvent((event) => phone.events.push(event));
  await phone.open('/pages/media/media');
  return phone;
}

const codes = (phone) => phone.page.data.pusherCodes;
const playerCodes = (phone) => phone.page.data.playerCodes;
const allGone = (phone) => phone.waitFor(() => liveProcesses() === 0, 2000, 'the processes to end');

test('one phone pushes, another plays: real frames, real codes, the event shapes of the guide, no secret in any event', async (t) => {
  const { push, play } = await relay(t);
  const publisher = await mediaPhone(t, { name: 'publisher' });
  const viewer = await mediaPhone(t, { name: 'viewer', native: { retries: 20 } });
  publisher.page.call('push', push);
  await publisher.waitFor(() => codes(publisher).includes(1002), 8000, '1002');
  assert.deepEqual(codes(publisher), [1003, 1007, 1008, 1001, 1002]);
  assert.equal(publisher.page.find('v-pusher').data.state, 'ok');
  viewer.page.call('play', 'u1', play);
  const hash = streamHash(play);
  await viewer.waitFor(() => (viewer.stats().players[hash]?.videoFrames ?? 0) >= 30, 12000, '30 decoded frames');
  const stats = viewer.stats().players[hash];
  assert.ok(stats.changedPictures >= 29, `the picture moves: ${stats.changedPictures}`);
  assert.ok(stats.audioFrames > 40, `sound arrives: ${stats.audioFrames}`);
  assert.ok(stats.firstFrameMs > 0);
  const played = playerCodes(viewer);
  for (const code of [2001, 2002, 2003, 2004, 2008, 2009]) assert.ok(played.includes(code), `${code} in ${played}`);
  assert.ok(
    played.lastIndexOf(2001) < played.lastIndexOf(2002) &&
      played.lastIndexOf(2002) < played.lastIndexOf(2003) &&
      played.lastIndexOf(2003) < played.lastIndexOf(2004),
  );
  assert.equal(viewer.page.data.playerUid, 'u1');
  assert.equal(viewer.page.find('v-player').data.state, 'ok');

  await publisher.waitFor(() => publisher.page.data.pusherInfo?.videoGOP > 0, 4000, 'netstatus of the pusher');
  await viewer.waitFor(() => viewer.page.data.playerInfo?.videoFPS > 0, 3000, 'netstatus of the player');
  const { pusherInfo } = publisher.page.data;
  assert.ok(pusherInfo.videoBitrate > 100 && pusherInfo.videoBitrate < 1500, `kbps ${pusherInfo.videoBitrate}`);
  assert.deepEqual([pusherInfo.videoWidth, pusherInfo.videoHeight, pusherInfo.netQualityLevel], [368, 640, 1]);
  assert.equal(viewer.page.data.playerInfo.videoWidth, 368);

  publisher.page.call('change', { mic: false, camera: false });
  await pause(700);
  const before = viewer.stats().players[hash];
  await viewer.waitFor(
    () => viewer.stats().players[hash].silentAudioFrames > before.silentAudioFrames + 80,
    5000,
    'silence',
  );
  assert.equal(viewer.stats().players[hash].videoFrames, before.videoFrames, 'no picture while the camera is off');
  publisher.page.call('change', { mic: true, camera: true });
  await viewer.waitFor(
    () => viewer.stats().players[hash].changedPictures > before.changedPictures + 10,
    5000,
    'the picture to move again',
  );

  const shown = JSON.stringify([...publisher.events, ...viewer.events, publisher.stats(), viewer.stats()]);
  assert.ok(!shown.includes('secret-signature'));
  assert.ok(viewer.events.some(({ kind, video }) => kind === 'frames' && video > 5));

  publisher.page.call('push', '');
  viewer.page.call('play', 'u1', '');
  assert.deepEqual([...publisher.faults, ...viewer.faults], []);
  await allGone(publisher);
});

test('other clients: codes of connection before those of capture, netstatus as strings', async (t) => {
  const { push } = await relay(t);
  const phone = await mediaPhone(t, { native: { pusherCodeOrder: 'connect-first', numbersAsStrings: true } });
  phone.page.call('push', push);
  await phone.waitFor(() => codes(phone).length === 5, 8000, 'five codes');
  assert.deepEqual(codes(phone), [1001, 1002, 1003, 1007, 1008]);
  await phone.waitFor(() => phone.page.data.pusherInfo, 3000, 'netstatus');
  assert.equal(phone.page.data.pusherInfo.videoWidth, '368');
});

test('switching the camera opens it again, the stream goes on and its clock too', async (t) => {
  const port = await freePort();
  const listener = ffmpeg(t, [
    '-listen',
    '1',
    '-fpsprobesize',
    '0',
    '-analyzeduration',
    '500000',
    '-i',
    `rtmp://127.0.0.1:${port}/live/s`,
    '-map',
    '0:v',
    '-c',
    'copy',
    '-flush_packets',
    '1',
    '-f',
    'framecrc',
    'pipe:1',
  ]);
  let packets = '';
  listener.stdout.on('data', (chunk) => {
    packets += chunk;
  });
  const lastTimestamp = () => Number(packets.trim().split('\n').at(-1).split(',')[1]);
  await pause(300);
  const phone = await mediaPhone(t);
  phone.page.call('push', `rtmp://127.0.0.1:${port}/live/s`);
  await phone.waitFor(() => codes(phone).includes(1002), 8000, '1002');
  const publishedAt = Date.now();
  await pause(1500);
  phone.page.find('v-pusher').instance.switchCamera();
  await phone.waitFor(() => codes(phone).filter((code) => code === 1003).length === 2, 5000, 'the other camera');
  const { videoFrames } = phone.stats().pusher;
  await phone.waitFor(() => phone.stats().pusher.videoFrames > videoFrames + 15, 5000, 'more frames');
  assert.deepEqual([phone.stats().pusher.publishes, codes(phone).includes(1102)], [1, false]);
  const elapsed = Date.now() - publishedAt;
  assert.ok(Math.abs(lastTimestamp() - elapsed) < 1200, `stream time ${lastTimestamp()}, real time ${elapsed}`);
});

test('a player reconnects after the background, and pauses while another page covers it', async (t) => {
  const { url } = await stillServer(t);
  const phone = await mediaPhone(t, { backgroundFreezeMs: 50, native: { stallMs: 20000 } });
  phone.page.call('play', 'u5', url);
  const frames = () => phone.stats().players[streamHash(url)]?.videoFrames ?? 0;
  await phone.waitFor(() => frames() >= 25, 8000, 'frames');
  phone.hide();
  await pause(100);
  await allGone(phone);
  const before = frames();
  phone.show();
  await phone.waitFor(() => frames() >= before + 25, 8000, 'frames again');
  assert.ok(playerCodes(phone).includes(2103));
  const { wx } = phone.service.realm.global;
  wx.navigateTo({ url: '/pages/second/second' });
  await phone.waitFor(() => phone.page.path === 'pages/second/second', 2000, 'the other page');
  await allGone(phone);
  const covered = frames();
  wx.navigateBack({});
  await phone.waitFor(() => frames() >= covered + 25, 8000, 'frames after coming back');
  assert.deepEqual(phone.faults, []);
});

test('a stream that stands still: the player gives up the connection and tries again', async (t) => {
  const { url } = await stillServer(t);
  const phone = await mediaPhone(t, { native: { stallMs: 2000, retries: 0 } });
  phone.page.call('play', 'u6', url);
  await phone.waitFor(() => playerCodes(phone).includes(-2301), 8000, '-2301');
  assert.ok(playerCodes(phone).includes(2004));
  assert.equal(playerCodes(phone).at(-2), 3005);
});

test('a dead server: the pusher retries, then -1307; the player 2103 and -2301', async (t) => {
  const port = await freePort();
  const phone = await mediaPhone(t);
  phone.page.call('push', `rtmp://127.0.0.1:${port}/live/x?${SECRET}`);
  phone.page.call('play', 'u2', `rtmp://127.0.0.1:${port}/live/x`);
  await phone.waitFor(() => codes(phone).includes(-1307) && playerCodes(phone).includes(-2301), 15000, 'the end');
  const connection = codes(phone).filter((code) => ![1003, 1007, 1008].includes(code));
  assert.deepEqual(connection, [3002, 1102, 3002, 1102, 3002, 1102, 3002, -1307]);
  assert.deepEqual(playerCodes(phone), [3002, 2103, 3002, 2103, 3002, 2103, 3002, -2301]);
  assert.equal(phone.page.find('v-pusher').data.state, 'error');
  assert.equal(phone.page.find('v-player').data.state, 'error');
  await allGone(phone);
  assert.deepEqual(phone.faults, []);
});

test('a server that hangs up during the handshake gives 3003', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    setTimeout(() => socket.destroy(), 30);
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  const phone = await mediaPhone(t, { native: { retries: 0 } });
  phone.page.call('push', `rtmp://127.0.0.1:${server.address().port}/live/x`);
  await phone.waitFor(() => codes(phone).includes(-1307), 8000, '-1307');
  assert.ok(codes(phone).includes(3003), String(codes(phone)));
  assert.ok(!codes(phone).includes(1001));
});

test('a server that dies under a stream: 3005, 1102, and a new try', async (t) => {
  const { push, server } = await relay(t);
  const phone = await mediaPhone(t, { native: { retries: 1 } });
  phone.page.call('push', push);
  await phone.waitFor(() => codes(phone).includes(1002), 8000, '1002');
  server.kill('SIGKILL');
  await phone.waitFor(() => codes(phone).includes(-1307), 10000, '-1307');
  assert.deepEqual(codes(phone).slice(5), [3005, 1102, 3002, -1307]);
});

test('offline from the start: nothing is even tried', async (t) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  const phone = await mediaPhone(t, { native: { retries: 1 } });
  phone.setNetwork({ isConnected: false });
  phone.page.call('push', `rtmp://127.0.0.1:${server.address().port}/live/x`);
  phone.page.call('play', 'u4', `rtmp://127.0.0.1:${server.address().port}/live/x`);
  await phone.waitFor(() => codes(phone).includes(-1307) && playerCodes(phone).includes(-2301), 5000, 'the end');
  assert.deepEqual(playerCodes(phone), [3002, 2103, 3002, -2301]);
  assert.equal(connections, 0);
});

test('the network goes: the pusher loses its connection and cannot reconnect while offline', async (t) => {
  const { push } = await relay(t);
  const phone = await mediaPhone(t, { native: { retries: 2 } });
  phone.page.call('push', push);
  await phone.waitFor(() => codes(phone).includes(1002), 8000, '1002');
  phone.setNetwork({ isConnected: false });
  await phone.waitFor(() => codes(phone).includes(-1307), 5000, '-1307');
  assert.deepEqual(codes(phone).slice(5), [3005, 1102, 3002, 1102, 3002, -1307]);
});

test('permission refused: error 10001 or 10002, nothing is captured', async (t) => {
  for (const [permissions, expected] of [
    [{ camera: false }, [10001, -1301]],
    [{ record: false }, [10002, -1302]],
  ]) {
    const phone = await mediaPhone(t, { permissions });
    phone.page.call('push', 'rtmp://127.0.0.1:1/live/x');
    await phone.waitFor(() => codes(phone).length === 1 && phone.page.data.errors.length === 1, 2000, 'the refusal');
    assert.deepEqual([phone.page.data.errors[0], codes(phone)[0]], expected);
    assert.equal(phone.stats().pusher.running, false);
  }
});

test('the background: pushing ends with 5000, a start by the app brings it back', async (t) => {
  const { push } = await relay(t);
  const phone = await mediaPhone(t, { backgroundFreezeMs: 100 });
  phone.page.call('push', push);
  await phone.waitFor(() => codes(phone).includes(1002), 8000, '1002');
  phone.hide();
  await pause(300);
  assert.ok(!codes(phone).includes(5000), 'a frozen app hears nothing');
  await allGone(phone);
  phone.show();
  await phone.waitFor(() => codes(phone).includes(5000), 1000, '5000');
  assert.equal(phone.stats().pusher.running, false);
  phone.page.find('v-pusher').instance.start();
  await phone.waitFor(
    () => codes(phone).filter((code) => code === 1008).length === 2,
    8000,
    'the encoder to start again',
  );
});

test('one pusher a page: a second one does nothing and is a fault; unmounting ends the processes', async (t) => {
  const port = await freePort();
  const phone = await mediaPhone(t, { native: { retries: 50 } });
  phone.page.call('push', `rtmp://127.0.0.1:${port}/live/x`);
  await phone.waitFor(() => codes(phone).includes(1008), 8000, 'the encoder');
  const second = phone.natives.attach('live-pusher', phone.page.find('live-pusher').element);
  second.detach();
  assert.match(phone.faults[0].message, /one <live-pusher> only/);
  phone.page.call('push', '');
  await allGone(phone);
  assert.equal(phone.page.find('live-pusher'), null);
});

test('contexts: a player is found in its component only; commands are callback style', async (t) => {
  const phone = await mediaPhone(t);
  phone.page.call('play', 'u3', 'http://127.0.0.1:1/live/x.flv');
  await phone.waitFor(() => playerCodes(phone).includes(2103), 5000, '2103');
  const { wx } = phone.service.realm.global;
  const lost = await new Promise((resolve) => {
    wx.createLivePlayerContext('v-player-u3-1').stop({ fail: resolve });
  });
  assert.match(lost.errMsg, /no live-player with id/);
  const player = phone.page.find('v-player');
  await new Promise((resolve) => {
    player.instance.pause({ success: resolve });
  });
  assert.equal(wx.createLivePusherContext().stop(), undefined);
  await pause(20);
  assert.deepEqual(phone.faults, []);
});
