/** The run finds what is wrong: what was broken on purpose ends as a violation that names it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Bot } from './bot.mjs';
import { Lane } from './proxy.mjs';
import { chaos } from './spectacle.mjs';

/** A short run on a broken stage; its violations. */
async function found(plant) {
  const { violations } = await chaos({ faults: 2, seed: 1, plant, say: () => {} });
  return violations;
}

/** Does something else, once, with the fifth event of the bot that a page hears. */
function spoil(heard, instead) {
  let bots = 0;
  heard.push = (event) => {
    bots += event.uid === 'bot' ? 1 : 0;
    return Array.prototype.push.apply(heard, bots === 5 && event.uid === 'bot' ? instead(event) : [event]);
  };
}

test('an event that a page did not hear, and one that it heard twice', async () => {
  const violations = await found((stage) => {
    spoil(stage.ledger.phone('alice').heard, () => []);
    spoil(stage.ledger.phone('bob').heard, (event) => [event, event]);
  });
  assert.equal(violations.length, 2, violations.join('\n'));
  assert.match(violations[0], /^alice did not hear: [\w-]+ bot camera$/);
  assert.match(violations[1], /^bob heard once too often: [\w-]+ bot camera$/);
});

test('a member that never left', async () => {
  const violations = await found((stage) => {
    const leave = () => Bot.prototype.leave.call(stage.bot);
    stage.bot.leave = async () => {
      stage.bot.leave = leave;
    };
  });
  assert.equal(violations.length, 1, violations.join('\n'));
  assert.match(violations[0], /^the gateway still has {"sessions":1,"streams":1,/);
});

test('a phone that finds no way back', async () => {
  const violations = await found(({ lanes }) => {
    for (const lane of [lanes.alice, lanes.bob]) {
      lane.forget = (relay) => {
        lane.refusing = true;
        Lane.prototype.forget.call(lane, relay);
      };
    }
  });
  // Its page says so as well.
  const isLost = (violation) => /^not well \d+ s after 1 \(socket cut.*(alice|bob) is reconnecting$/.test(violation);
  assert.ok(violations.slice(0, 2).some(isLost), violations.join('\n'));
});
