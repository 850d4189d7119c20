/** A web user beside the phones: measured like them, struck like them, and back like them. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { MEETING } from '../e2e/stage-service.mjs';
import { fingerprintOfLengths, fingerprintOfStartCodes } from '../../simulator/stage/page/fingerprint.js';
import { flowing } from './flowing.mjs';
import { OpenedStage } from './opened.mjs';

const ROOM = 'hall';
const OVER = ['recovered', 'not-back', 'failed', 'over'];
const RECOVERED_MS = 100_000;
/** The longest of them lasts 10 s, or waits for a ping to stay without answer. */
const FAULT_OF_A_PHONE_MS = 20_000;
/** A web user has left when its page has not come back for 8 s. */
const LEFT_MS = 20_000;
const MOST_DELAY_MS = 2000;

let opened;
before(async () => {
  opened = await OpenedStage.start({ address: MEETING.replace('room=demo', `room=${ROOM}`) });
});
after(() => opened?.close());

const isUp = () => opened.stage.webUsers.get('web-1')?.isUp;

/** All see both others, and the stage knows it. */
async function inTheCall() {
  await opened.until(isUp, 'the web user is in the room');
  await flowing([...opened.stage.phones.values(), ...opened.stage.webUsers.values()], 2);
}

/** Strikes, and waits until all is over. @param {number} [patience] from the beginning of the fault */
async function struck(fault, name, patience = RECOVERED_MS) {
  const before = opened.runs.length;
  const begun = Date.now();
  await opened.stage.strike(fault, name);
  return opened.until(() => over(before), `the recovery from ${fault}`, begun + patience - Date.now());
}

/** The run that is over, of those told after so many. */
function over(before) {
  return opened.runs.slice(before).findLast(({ state }) => OVER.includes(state));
}

test('a picture has one name, in FLV and in a browser', () => {
  const [parameters, slice, other] = [
    [0x67, 1, 2],
    [0x65, 9, 0, 0, 3, 1, 7],
    [0x65, 9, 9],
  ];
  const lengths = (...units) => Uint8Array.from(units.flatMap((unit) => [0, 0, 0, unit.length, ...unit]));
  const codes = (...units) =>
    Uint8Array.from(units.flatMap((unit, index) => [...(index ? [0] : []), 0, 0, 1, ...unit]));
  const name = fingerprintOfLengths(lengths(slice));
  assert.match(name, /^\w+\.\w+\.7$/);
  for (const bytes of [codes(slice), codes(parameters, slice), codes(slice, other), codes(slice, parameters)])
    assert.equal(fingerprintOfStartCodes(bytes), name);
  for (const bytes of [lengths(parameters, slice), lengths(slice, other)])
    assert.equal(fingerprintOfLengths(bytes), name);
  assert.notEqual(fingerprintOfLengths(lengths(other)), name);
  for (const bytes of [lengths(parameters), new Uint8Array(0)]) assert.equal(fingerprintOfLengths(bytes), null);
  assert.equal(fingerprintOfStartCodes(codes(parameters)), null);
});

test('the web user joins the room of the phones, and each stream has its bit rate, pictures, quality and delay', async () => {
  await opened.page.getByRole('button', { name: 'Add a web user' }).click();
  await inTheCall();
  assert.equal(opened.stage.webUsers.get('web-1').room, ROOM);
  await opened.page.locator('.browser footer').getByText('web-1').waitFor();
  const pairs = ['alice', 'bob', 'web-1'].flatMap((from) =>
    ['alice', 'bob', 'web-1'].filter((to) => to !== from).map((to) => [from, to]),
  );
  for (const [from, to] of pairs) {
    // The first ones are of a beginning.
    const isFlowing = ({ netSpeed, videoFPS }) => Number(netSpeed) > 20 && Number(videoFPS) > 2;
    await opened.until(
      () =>
        opened
          .news('netstatus')
          .some(
            (told) => told.tag === 'live-player' && told.from === from && told.phone === to && isFlowing(told.info),
          ),
      `${from} → ${to} is measured`,
    );
    const { delay } = await opened.until(
      () =>
        opened
          .news('measured')
          .at(-1)
          ?.streams.find((stream) => stream.from === from && stream.to === to),
      `the delay of ${from} → ${to}`,
    );
    assert.ok(delay >= 0 && delay < MOST_DELAY_MS, `${from} → ${to}: ${delay} ms`);
  }
  await opened.until(
    () =>
      opened
        .news('netstatus')
        .some(({ tag, phone, info }) => tag === 'live-pusher' && phone === 'web-1' && info.netQualityLevel >= 1),
    'what the web user sends is measured',
  );
  await opened.page.getByRole('tab', { name: 'Streams' }).click();
  for (const words of ['web-1 → alice', 'alice → web-1', 'web-1 ↑'])
    await opened.page.locator('.graph .u-legend').getByText(words).first().waitFor();
  assert.ok(
    opened.news('netstatus').every(({ tag, from }) => tag === 'live-pusher' || from !== null),
    'no stream of nobody',
  );
  await opened.shot('web-streams-light-en');
});

const ALL = ['alice', 'bob', 'web-1'];
/** What each fault takes away, for a while: from whom a picture or the signaling. */
for (const { fault, name, shows = ALL, patience } of [
  // A silent socket harms nobody else; after -1307 the SDK may push again before the picture counts as gone.
  { fault: 'cut-network', name: 'alice', patience: FAULT_OF_A_PHONE_MS },
  { fault: 'silent-socket', name: 'alice', shows: ['alice'], patience: FAULT_OF_A_PHONE_MS },
  { fault: 'background-10', name: 'alice', patience: FAULT_OF_A_PHONE_MS },
  { fault: 'code--1307', name: 'alice', shows: [], patience: FAULT_OF_A_PHONE_MS },
  { fault: 'gateway-restart', name: 'alice' },
  { fault: 'token-30', name: 'web-1' },
  { fault: 'kick', name: 'web-1' },
  { fault: 'duplicate-login', name: 'web-1' },
])
  test(`${fault} of ${name}: the phones and the web user recover, and the stage says after how many seconds`, async (t) => {
    await inTheCall();
    const run = await struck(fault, name, patience);
    assert.equal(run.state, 'recovered', JSON.stringify(run));
    assert.deepEqual(
      run.phones.map((seen) => seen.name),
      ALL,
    );
    for (const seen of run.phones) {
      assert.ok(seen.hadPicture && !seen.gone, JSON.stringify(seen));
      assert.equal(seen.pictureAway, seen.pictureBackS !== null, JSON.stringify(seen));
      assert.equal(seen.signalAway, seen.signalBackS !== null, JSON.stringify(seen));
      assert.ok(seen.pictureAway || seen.signalAway || !shows.includes(seen.name), `${fault} shows on ${seen.name}`);
    }
    t.diagnostic(
      run.phones
        .map((seen) => `${seen.name} picture ${seen.pictureBackS ?? 'stays'}, signaling ${seen.signalBackS ?? 'stays'}`)
        .join('; '),
    );
    await opened.page
      .locator('.browser .recovery')
      .getByText(/(back after|stood or stuttered for|never away for more than) \d+\.\d s/)
      .waitFor();
    // What the stage says is so: pictures of both others come to each.
    await inTheCall();
  });

test('a fault of phones cannot strike a web user, and its button says so', async () => {
  await inTheCall();
  const { page } = opened;
  await page.locator('.segments').getByText('web-1').click();
  await page.locator('[data-fault="cut-network"][aria-disabled="true"]').waitFor();
  assert.match(await page.locator('[data-fault="cut-network"]').getAttribute('title'), /Only phones/);
  assert.equal(await page.locator('[data-fault="kick"]').getAttribute('aria-disabled'), 'false');
});

test('a web user who closes the page is no longer waited for, and no longer to be struck', async () => {
  const { page } = opened;
  const before = opened.runs.length;
  const striking = opened.stage.strike('cut-network', 'alice');
  await page.locator('.browser').getByRole('button', { name: 'Close' }).click();
  await striking;
  const run = await opened.until(() => over(before), 'the end', LEFT_MS);
  assert.equal(run.state, 'recovered', JSON.stringify(run));
  assert.equal(run.phones.find((seen) => seen.name === 'web-1').gone, true, JSON.stringify(run));
  await page.locator('.segments').getByText('web-1').waitFor({ state: 'detached' });
  // A browser tells its console of a gateway that is away, and of one that knows the old connections no more; the SDK
  // tells it of media that a fault has ended.
  const { ws, flv } = opened.service.gateway.addresses;
  const expected = [ws, flv, 'the media server ended the connection'];
  assert.deepEqual(
    opened.complaints.filter((text) => !expected.some((part) => text.includes(part))),
    [],
  );
  for (const { phone } of opened.stage.phones.values()) assert.deepEqual(phone.faults, [], phone.name);
});
