/** The faults that a person can give to a phone or a web user on the stage: what each does, and when it is over. */

import { setTimeout as pause } from 'node:timers/promises';
import { Phone } from '../index.js';

const OFFLINE_MS = 5000;
const WEAK_MS = 12_000;
const WEAK_KBPS = 150;
const CALL_MS = 8000;
const TOKEN_S = 30;
/** A person looks at what the page says, and enters again. */
const PERSON_MS = 3000;
const LOOK_MS = 20;
const KICKED_WITHIN_MS = (TOKEN_S + 15) * 1000;

/**
 * @typedef {object} Fault
 * @property {string} id the page's texts have its name under it
 * @property {string[]} [needs] methods of the service that it calls
 * @property {boolean} [web] whether it can strike a web user too
 * @property {'room' | 'pusher' | 'player'} [asks] what the phone must have: a session in a room, or such a tag running
 * @property {'network' | 'front' | 'microphone' | 'user' | 'gateway'} [holds] what no other fault may touch meanwhile
 * @property {(struck: Struck) => Promise<void>} strike resolves when the fault is over and recovery begins
 *
 * @typedef {object} Struck
 * @property {import('./stage-phone.js').StagePhone | import('./web-user.js').WebUser} at whom it strikes
 * @property {import('../phone.js').Phone} phone the simulated phone, where it is one
 * @property {string} root folder of the mini-program
 * @property {import('./stage.js').Service} service
 */

/** Why a fault cannot strike now, or could not be brought to its end: the page's texts have a sentence for each. */
const REASONS = {
  'phone-only': 'this fault is one of phones: choose a phone',
  'in-no-room': 'this user is in no room: join one first',
  'no-pusher': 'the phone pushes nothing: join a room on it first',
  'no-player': 'the phone plays nothing: let another phone join its room first',
  'in-background': 'the app is in the background: wait until it is back',
  'under-way': 'such a fault is still under way: wait until it is over',
  gone: 'the user has gone meanwhile',
  'late-join': 'the user did not join with the token of 30 s in time',
  'late-end': 'the gateway did not end the session of the user in time',
};

/** A fault that could not be done, with the reason of it. */
export class Refusal extends Error {
  /** @param {keyof REASONS} reason */
  constructor(reason) {
    super(REASONS[reason]);
    this.reason = reason;
  }
}

/** @type {Fault[]} */
export const FAULTS = [
  {
    id: 'cut-network',
    holds: 'network',
    async strike({ phone }) {
      phone.setNetwork({ isConnected: false });
      await pause(OFFLINE_MS);
      phone.setNetwork({ isConnected: true, networkType: 'wifi' });
    },
  },
  {
    id: 'weak-network',
    holds: 'network',
    async strike({ phone }) {
      phone.setNetwork({ weakNet: true });
      phone.setUplink(WEAK_KBPS);
      await pause(WEAK_MS);
      phone.setUplink(null);
      phone.setNetwork({ weakNet: false });
    },
  },
  { id: 'background-10', holds: 'front', strike: (struck) => hidden(struck, 10_000) },
  { id: 'background-60', holds: 'front', strike: (struck) => hidden(struck, 60_000) },
  {
    id: 'phone-call',
    holds: 'microphone',
    async strike({ phone }) {
      phone.audioInterruption('begin');
      if (phone.stats().pusher) phone.injectCode('pusher', 5001);
      await pause(CALL_MS);
      phone.audioInterruption('end');
    },
  },
  { id: 'silent-socket', asks: 'room', strike: async ({ phone }) => phone.cutSockets({ silent: true }) },
  { id: 'code--1307', asks: 'pusher', strike: async ({ phone }) => phone.injectCode('pusher', -1307) },
  { id: 'code--2301', asks: 'player', strike: async ({ phone }) => phone.injectCode('player', -2301) },
  { id: 'code-5000', asks: 'pusher', strike: async ({ phone }) => phone.injectCode('pusher', 5000) },
  {
    id: 'token-30',
    needs: ['address'],
    asks: 'room',
    holds: 'user',
    web: true,
    async strike({ at, service }) {
      const { joins } = at;
      await at.enter(service, { expire: `${TOKEN_S}s` });
      await within(at, () => at.joins > joins, 'late-join');
      await within(at, () => !at.isUp, 'late-end');
      await pause(PERSON_MS);
      await at.enter(service);
    },
  },
  {
    id: 'duplicate-login',
    needs: ['address'],
    asks: 'room',
    holds: 'user',
    web: true,
    async strike({ at, service, root }) {
      const elsewhere = await Phone.boot({ root, name: `${at.name}-elsewhere` });
      try {
        await elsewhere.open(await service.address(at.name, {}));
        await within(at, () => !at.isUp, 'late-end');
        await pause(PERSON_MS);
      } finally {
        await elsewhere.close();
      }
      await at.enter(service);
    },
  },
  {
    id: 'kick',
    needs: ['address', 'kick'],
    asks: 'room',
    holds: 'user',
    web: true,
    async strike({ at, service }) {
      await service.kick(at.name, at.room);
      await within(at, () => !at.isUp, 'late-end');
      await pause(PERSON_MS);
      await at.enter(service);
    },
  },
  {
    id: 'gateway-restart',
    needs: ['restart'],
    holds: 'gateway',
    web: true,
    strike: ({ service }) => service.restart(),
  },
];

/**
 * @param {Fault} fault
 * @param {import('./stage-phone.js').StagePhone | import('./web-user.js').WebUser} at
 * @param {{ fault: Fault, phone: string }[]} underWay what strikes at the moment
 * @returns {keyof REASONS | null} why the fault cannot strike now
 */
export function obstacle(fault, at, underWay) {
  // There is one gateway for all phones.
  const others = underWay.filter(({ phone }) => phone === at.name || fault.holds === 'gateway');
  if (at.isWeb && !fault.web) return 'phone-only';
  if (at.phone && !at.phone.visible && fault.holds !== 'gateway') return 'in-background';
  if (fault.asks && !at.isUp) return 'in-no-room';
  if (fault.asks === 'pusher' && !at.phone.stats().pusher) return 'no-pusher';
  if (fault.asks === 'player' && !plays(at)) return 'no-player';
  return fault.holds && others.some((other) => other.fault.holds === fault.holds) ? 'under-way' : null;
}

function plays({ phone }) {
  return Object.values(phone.stats().players).some(({ playing }) => playing);
}

async function within(at, predicate, reason) {
  const end = Date.now() + KICKED_WITHIN_MS;
  while (!predicate()) {
    if (at.closed) throw new Refusal('gone');
    if (Date.now() > end) throw new Refusal(reason);
    await pause(LOOK_MS);
  }
}

async function hidden({ phone }, milliseconds) {
  phone.hide();
  await pause(milliseconds);
  phone.show();
}
