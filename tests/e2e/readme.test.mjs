/** The page that the READMEs print, run as it stands: a reader copies it, so it must work. */

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { temporaryFolder } from '../folder.mjs';
import { writeReadmeApp } from './readme-app.mjs';
import { EXAMPLE, PATIENCE_MS, assertNoFaults, startMeeting } from './support.mjs';
import { eventsOf, flowing, namesOf } from './witness.mjs';

/** The READMEs' mini-program, with the SDK where they say it lies. */
function packageOf(t, readme) {
  const root = temporaryFolder(t, 'readme');
  writeReadmeApp(root, readme);
  for (const file of ['miniapp-rtc.min.js', 'miniapp-rtc.wasm'])
    cpSync(join(EXAMPLE, 'lib', file), join(root, 'lib', file));
  cpSync(join(EXAMPLE, 'components'), join(root, 'components'), { recursive: true });
  return root;
}

/** Codes of the events that the page hands to its client from now on. */
function reportedCodes(phone) {
  const { client } = phone.page.instance;
  const codes = [];
  client.reportPusherStateChange = (event) => {
    const { code, errCode } = event.detail.detail;
    codes.push(code ?? errCode);
    Object.getPrototypeOf(client).reportPusherStateChange.call(client, event);
  };
  return codes;
}

for (const readme of ['README.md', 'README.zh-CN.md']) {
  test(`the page of ${readme}: a call, a repair of each kind, and the way out`, async (t) => {
    const meeting = await startMeeting(t, { example: packageOf(t, readme) });
    const phone = { native: { retryMs: 500, stallMs: 4000 } };
    const alice = await meeting.enter('alice', { phone });
    const bob = await meeting.enter('bob', { phone });
    await Promise.all([flowing(bob, 'alice'), flowing(alice, 'bob')]);

    const [own, seen] = [alice, bob].map(eventsOf);
    const answered = async (events, name, what) => {
      await alice.waitFor(() => events.some(({ event, action }) => (action ?? event) === name), PATIENCE_MS, what);
      await flowing(bob, 'alice');
    };
    alice.injectCode('pusher', -1304);
    await answered(own, 'play-again', 'the pusher to be started again');
    alice.injectCode('pusher', -1307);
    await answered(own, 'update-url', 'the new address');
    bob.injectCode({ uid: 'alice' }, 2006);
    await answered(seen, 'play-again', 'the player to be started again');
    assert.equal(alice.stats().pusher.running, true);

    alice.page.find('button').tap();
    await alice.waitFor(() => alice.page?.path === 'pages/index/index', PATIENCE_MS, 'the first page');
    await bob.waitFor(
      () => namesOf(seen, 'alice').includes('peer-leave') && bob.page.data.remoteStreams.length === 0,
      PATIENCE_MS,
      'alice to be gone',
    );
    assertNoFaults(alice, bob);
  });

  test(`the page of ${readme}: a permission that is taken away ends the stream, and the user is told`, async (t) => {
    const meeting = await startMeeting(t, { example: packageOf(t, readme) });
    const shown = [];
    const alice = await meeting.enter('alice', { phone: { log: (event) => event.kind === 'ui' && shown.push(event) } });
    const own = eventsOf(alice);
    await alice.waitFor(() => alice.stats().pusher?.publishing, PATIENCE_MS, 'the push');
    const reported = reportedCodes(alice);
    alice.setPermissions({ camera: false });
    alice.injectCode('pusher', -1304);
    await alice.waitFor(() => shown.some(({ api }) => api === 'showModal'), PATIENCE_MS, 'the modal');
    assert.equal(namesOf(own, 'alice').filter((event) => event === 'stream-failed').length, 1);
    assert.match(shown.find(({ api }) => api === 'showModal').content, /camera or microphone/);
    // The error event comes before -1301, and is what the client goes by.
    assert.deepEqual(reported.slice(reported.indexOf(-1304)).slice(0, 2), [-1304, 10001]);
    assertNoFaults(alice);
  });

  test(`the page of ${readme}: a refusal is shown`, async (t) => {
    const meeting = await startMeeting(t, { example: packageOf(t, readme) });
    const shown = [];
    const alice = await meeting.enter('alice', {
      token: 'nonsense',
      phone: { log: (event) => event.kind === 'ui' && shown.push(event) },
    });
    await alice.waitFor(() => shown.some(({ api }) => api === 'showModal'), PATIENCE_MS, 'the modal');
    const { title, content } = shown.find(({ api }) => api === 'showModal');
    assert.equal(title, '300008');
    assert.match(content, /token/i);
    assertNoFaults(alice);
  });
}
