/**
 * The faults. Each kind says whom it can strike, how often it is to come (of a hundred), what is drawn for one of it,
 * and what it does; the fault is over when its `run` is.
 */

import { setTimeout as pause } from 'node:timers/promises';

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {'phone' | 'media' | 'pusher' | 'gateway'} strikes a phone's sockets or the phone itself, a media lane,
 *   that of RTMP, the gateway
 * @property {number} share of a hundred
 * @property {(random: import('./random.mjs').Random) => object} draw
 * @property {(struck: Struck, drawn: any) => Promise<number>} run resolves with how many connections, phones or
 *   gateways it struck
 * @property {boolean} [isLong] goes on for `drawn.forMs` and longer while others happen; `run` begins it
 * @property {(struck: Struck) => void} [finish] ends a long one
 *
 * @typedef {{ stage: import('./stage.mjs').Stage, lane: import('./proxy.mjs').Lane, phone: any }} Struck `lane`: the
 *   phone's sockets, or one of the media lanes (RTMP for pushers and the gateway)
 */

const HOW = ['rst', 'fin'];
const DIRECTIONS = [['up'], ['down'], ['up', 'down']];

/** Media that passed so recently is alive. */
const ALIVE_MS = 1000;

function alive(lane) {
  return lane.relays.filter(({ isWhole, usedAt }) => isWhole && Date.now() - usedAt < ALIVE_MS);
}

/** One connection of a lane or all of them. */
function victims(lane, { which }) {
  const all = alive(lane);
  return which === 'all' || all.length === 0 ? all : [all[which % all.length]];
}

/** Does something to connections. @returns {number} how many they are */
function each(relays, strike) {
  relays.forEach(strike);
  return relays.length;
}

/**
 * Lets a lane be bad for a while. @returns {Promise<number>} how many connections it had, at the beginning or the end
 */
async function suffering(lane, conditions, forMs) {
  const before = lane.relays.length;
  lane.suffer(conditions);
  await pause(forMs);
  lane.heal();
  return Math.max(before, lane.relays.length);
}

/** Cuts all connections and refuses new ones for a while. @returns {Promise<number>} how many were cut or refused */
async function refusing(lane, how, forMs) {
  const before = lane.refused;
  lane.refusing = true;
  const cut = each(lane.relays, (relay) => relay.cut(how));
  await pause(forMs);
  lane.refusing = false;
  return cut + lane.refused - before;
}

const someOrAll = (random) => (random.next() < 0.3 ? 'all' : random.between(0, 7));

/** @type {Kind[]} */
export const KINDS = [
  {
    name: 'socket cut',
    strikes: 'phone',
    share: 9,
    draw: (random) => ({ how: random.of(HOW) }),
    run: async ({ lane }, { how }) => each(lane.relays, (relay) => relay.cut(how)),
  },
  {
    name: 'socket cut again and again',
    strikes: 'phone',
    share: 4,
    draw: (random) => ({ how: random.of(HOW), times: random.between(2, 4), everyMs: random.between(50, 500) }),
    run: async ({ lane }, { how, times, everyMs }) => {
      let cut = 0;
      for (let time = 0; time < times; time += 1) {
        if (time) await pause(everyMs);
        cut += each(lane.relays, (relay) => relay.cut(how));
      }
      return cut;
    },
  },
  {
    name: 'socket half open',
    strikes: 'phone',
    share: 8,
    draw: (random) => ({ directions: random.of(DIRECTIONS), closedAfterMs: random.of([null, 8000]) }),
    run: async ({ lane }, { directions, closedAfterMs }) => {
      const struck = lane.relays.filter(({ isWhole }) => isWhole);
      if (closedAfterMs !== null) setTimeout(() => each(struck, (relay) => relay.cut('rst')), closedAfterMs).unref();
      return each(struck, (relay) => relay.swallow(...directions));
    },
  },
  {
    name: 'socket stands still, then goes on',
    strikes: 'phone',
    share: 5,
    draw: (random) => ({ forMs: random.between(500, 7000) }),
    run: async ({ lane }, { forMs }) => {
      const before = lane.relays.length;
      lane.hold();
      await pause(forMs);
      lane.release();
      return Math.max(before, lane.relays.length);
    },
  },
  {
    name: 'socket cut, new ones refused',
    strikes: 'phone',
    share: 5,
    draw: (random) => ({ how: random.of(HOW), forMs: random.between(300, 3000) }),
    run: ({ lane }, { how, forMs }) => refusing(lane, how, forMs),
  },
  {
    name: 'slow network',
    strikes: 'phone',
    share: 5,
    draw: (random) => ({
      delayMs: random.between(100, 700),
      jitterMs: random.between(0, 500),
      forMs: random.between(1000, 4000),
    }),
    run: ({ lane }, { delayMs, jitterMs, forMs }) => suffering(lane, { delayMs, jitterMs }, forMs),
  },
  {
    name: 'weak network',
    strikes: 'phone',
    share: 4,
    draw: (random) => ({ delayMs: random.between(300, 1200), forMs: random.between(1500, 4000) }),
    run: async ({ lane, phone }, { delayMs, forMs }) => {
      phone.setNetwork({ weakNet: true });
      const struck = await suffering(lane, { delayMs, jitterMs: delayMs }, forMs);
      phone.setNetwork({ weakNet: false });
      return struck;
    },
  },
  {
    name: 'sockets die silently',
    strikes: 'phone',
    share: 5,
    draw: () => ({}),
    run: async ({ phone }) => {
      const { count } = phone.wx.sockets;
      phone.cutSockets({ silent: true });
      return count;
    },
  },
  {
    name: 'other network type',
    strikes: 'phone',
    share: 5,
    draw: (random) => ({ cut: random.of(['close', 'silent']) }),
    run: async ({ phone }, { cut }) => {
      const { networkType } = phone.wx.device.network;
      phone.setNetwork({ networkType: networkType === 'wifi' ? '4g' : 'wifi' }, { cut });
      return 1;
    },
  },
  {
    name: 'offline',
    strikes: 'phone',
    share: 5,
    draw: (random) => ({ cut: random.of(['close', 'silent']), forMs: random.between(500, 5000) }),
    run: async ({ phone }, { cut, forMs }) => {
      phone.setNetwork({ isConnected: false }, { cut });
      await pause(forMs);
      phone.setNetwork({ isConnected: true }, { cut });
      return 1;
    },
  },
  {
    name: 'hidden for less than 5 s',
    strikes: 'phone',
    share: 5,
    draw: (random) => ({ forMs: random.between(300, 4500) }),
    run: hidden,
  },
  {
    name: 'hidden and frozen',
    strikes: 'phone',
    share: 3,
    draw: (random) => ({ forMs: random.between(5500, 9000) }),
    run: hidden,
  },
  {
    name: 'hidden for a minute',
    strikes: 'phone',
    share: 1,
    isLong: true,
    draw: () => ({ forMs: 60_000 }),
    run: async ({ phone }) => hide(phone),
    finish: ({ phone }) => phone.show(),
  },
  {
    name: 'phone call takes the sound',
    strikes: 'phone',
    share: 4,
    draw: (random) => ({ forMs: random.between(500, 3000) }),
    run: async ({ phone }, { forMs }) => {
      phone.audioInterruption('begin');
      await pause(forMs);
      phone.audioInterruption('end');
      return 1;
    },
  },
  {
    name: 'media cut',
    strikes: 'media',
    share: 8,
    draw: (random) => ({ how: random.of(HOW), which: someOrAll(random) }),
    run: async ({ lane }, drawn) => each(victims(lane, drawn), (relay) => relay.cut(drawn.how)),
  },
  {
    name: 'media half open',
    strikes: 'media',
    share: 3,
    draw: (random) => ({ directions: random.of(DIRECTIONS), which: random.between(0, 7) }),
    run: async ({ lane }, drawn) => each(victims(lane, drawn), (relay) => relay.swallow(...drawn.directions)),
  },
  {
    // The hardest of them: the pusher believes that it pushes, and only the gateway sees that nothing comes.
    name: 'pusher pushes into the void',
    strikes: 'pusher',
    share: 1,
    draw: (random) => ({ which: random.between(0, 1) }),
    run: async ({ lane }, { which }) => {
      const pushers = alive(lane).filter(({ bytes }) => bytes.up > bytes.down);
      return each(pushers.splice(which % pushers.length, 1), (relay) => relay.swallow('up', 'down'));
    },
  },
  {
    name: 'media cut, new ones refused',
    strikes: 'media',
    share: 3,
    draw: (random) => ({ how: random.of(HOW), forMs: random.between(200, 1500) }),
    run: ({ lane }, { how, forMs }) => refusing(lane, how, forMs),
  },
  {
    name: 'media delayed',
    strikes: 'media',
    share: 4,
    draw: (random) => ({
      delayMs: random.between(100, 800),
      jitterMs: random.between(0, 300),
      forMs: random.between(1000, 3000),
    }),
    run: ({ lane }, { delayMs, jitterMs, forMs }) => suffering(lane, { delayMs, jitterMs }, forMs),
  },
  {
    name: 'media throttled',
    strikes: 'media',
    share: 4,
    draw: (random) => ({ bytesPerSecond: random.between(2000, 20_000), forMs: random.between(1000, 3000) }),
    run: ({ lane }, { bytesPerSecond, forMs }) => suffering(lane, { bytesPerSecond }, forMs),
  },
  {
    name: 'gateway killed',
    strikes: 'gateway',
    share: 4,
    draw: (random) => ({ downMs: random.between(0, 2000) }),
    run: ({ stage }, { downMs }) => restarted(stage, 'crash', downMs),
  },
  {
    name: 'gateway stopped and started',
    strikes: 'gateway',
    share: 3,
    draw: (random) => ({ downMs: random.between(0, 1000) }),
    run: ({ stage }, { downMs }) => restarted(stage, 'stop', downMs),
  },
  {
    name: 'gateway stands still',
    strikes: 'gateway',
    share: 2,
    draw: (random) => ({ forMs: random.between(500, 4000) }),
    run: async ({ stage }, { forMs }) => {
      const isStruck = stage.gateway.child.kill('SIGSTOP');
      await pause(forMs);
      stage.gateway.child.kill('SIGCONT');
      return Number(isStruck);
    },
  },
];

async function restarted(stage, how, downMs) {
  await stage.restartGateway(how, downMs);
  return 1;
}

function hide(phone) {
  const wasVisible = phone.visible;
  phone.hide();
  return Number(wasVisible);
}

async function hidden({ phone }, { forMs }) {
  const struck = hide(phone);
  await pause(forMs);
  phone.show();
  return struck;
}
