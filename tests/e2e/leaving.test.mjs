/** From the moment that a page says leave, it hears no more of that room, wherever in a batch of events it says so. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pause, start } from '../glue/phone.mjs';
import { startGateway } from './support.mjs';

/** And one in another room: a phone has five sockets. */
const MEMBERS = 4;

/** Where a page leaves: at the outcome of `join`, or at the event of that number after it. */
const JOINED = -1;

/** What a page may do there, and what it then waits for. */
const WAYS_OUT = {
  leave: (client) => [client.leave()],
  destroy: (client) => [client.destroy()],
  'leave and join another room': (client, joinOther) => [client.leave(), joinOther()],
};

for (const macrotaskPromise of [false, true]) {
  test(`leaving at each place of the batch (Promise reactions as ${macrotaskPromise ? 'macro' : 'micro'}tasks)`, async (t) => {
    const gateway = await startGateway(t);
    const { phone, sdk } = await start(t, { macrotaskPromise });
    const others = await start(t);
    const { EVENTS } = sdk;
    const enter = async (room, user) => {
      const client = new others.sdk.Client();
      await client.init(gateway.app.id, { gateway: gateway.ws });
      await client.join(await gateway.token({ room, user }), room, user);
    };
    for (let i = 0; i < MEMBERS; i += 1) await enter('full', `member-${i}`);
    await enter('other', 'somebody');
    const tokens = {
      full: await gateway.token({ room: 'full', user: 'guest' }),
      other: await gateway.token({ room: 'other', user: 'guest' }),
    };

    for (const [name, goOut] of Object.entries(WAYS_OUT)) {
      for (let place = JOINED; place <= MEMBERS; place += 1) {
        const client = new sdk.Client();
        await client.init(gateway.app.id, { gateway: gateway.ws });
        const heard = [];
        const settled = [];
        let isOut = false;
        const watch = (promise, what) => {
          const note = (how) => () => {
            settled.push(`${what} ${how}`);
          };
          promise.then(note('resolved'), note('rejected'));
        };
        const joinOther = () => client.join(tokens.other, 'other', 'guest');
        const leave = () => {
          isOut = true;
          goOut(client, joinOther).forEach((promise, i) => watch(promise, i));
        };
        const listen = (event) =>
          client.on(event, (payload) => {
            heard.push([event, payload.uid || payload.current, isOut]);
            const counted = heard.filter(
              ([kind]) => kind === EVENTS.PEER_ONLINE || kind === EVENTS.CONNECTION_STATE_CHANGED,
            );
            if (!isOut && place !== JOINED && counted.length > place + 1) leave();
          });
        for (const event of Object.values(EVENTS)) listen(event);
        const late = [];
        for (const event of Object.values(EVENTS))
          client.on(event, (payload) => {
            if (isOut && event !== EVENTS.CONNECTION_STATE_CHANGED) late.push(payload.uid);
          });

        const joining = client.join(tokens.full, 'full', 'guest');
        watch(joining, 'join');
        if (place === JOINED) void joining.then(leave);
        await phone.waitFor(() => isOut, 5000, `${name} at ${place}`);
        const calls = name.includes('and') ? 3 : 2;
        await phone.waitFor(() => settled.length === calls, 5000, `${name} at ${place} to settle: ${settled}`);
        await pause(30);
        assert.equal(settled.length, calls, `each once: ${settled}`);
        const what = `${name} at ${place}: ${JSON.stringify(heard)}`;
        const ofTheRoom = heard.filter(([, who, after]) => after && String(who).startsWith('member'));
        assert.deepEqual(ofTheRoom, [], what);
        assert.deepEqual(
          late.filter((uid) => String(uid).startsWith('member')),
          [],
          `${what}, the second listener`,
        );
        await client.destroy();
      }
    }
    assert.deepEqual(phone.faults, []);
  });
}
