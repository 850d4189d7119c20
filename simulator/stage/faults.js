/** The faults that a person can give to a phone on the stage: what each does, and when it is over. */

import { setTimeout as pause } from 'node:timers/promises';
import { Phone } from '../index.js';

const OFFLINE_MS = 5000;
const WEAK_MS = 12_000;
const WEAK_KBPS = 150;
const CALL_MS = 8000;
const TOKEN_S = 30;
/** A person looks at what the page says, and enters again. */
const PERSON_MS = 3000;
const KICKED_WITHIN_MS = (TOKEN_S + 15) * 1000;

/**
 * @typedef {object} Fault
 * @property {string} id the page's texts have its name under it
 * @property {string[]} [needs] methods of the service that it calls
 * @property {(struck: Struck) => Promise<void>} strike resolves when the fault is over and recovery begins
 *
 * @typedef {object} Struck
 * @property {import('./stage-phone.js').StagePhone} at the phone on the stage
 * @property {import('../phone.js').Phone} phone the same, simulated
 * @property {import('./stage.js').Service} service
 */

/** @type {Fault[]} */
export const FAULTS = [
  {
    id: 'cut-network',
    async strike({ phone }) {
      phone.setNetwork({ isConnected: false });
      await pause(OFFLINE_MS);
      phone.setNetwork({ isConnected: true, networkType: 'wifi' });
    },
  },
  {
    id: 'weak-network',
    async strike({ phone }) {
      phone.setNetwork({ weakNet: true });
      phone.setUplink(WEAK_KBPS);
      await pause(WEAK_MS);
      phone.setUplink(null);
      phone.setNetwork({ weakNet: false });
    },
  },
  { id: 'background-10', strike: (struck) => hidden(struck, 10_000) },
  { id: 'background-60', strike: (struck) => hidden(struck, 60_000) },
  {
    id: 'phone-call',
    async strike({ phone }) {
      phone.audioInterruption('begin');
      if (phone.stats().pusher) phone.injectCode('pusher', 5001);
      await pause(CALL_MS);
      phone.audioInterruption('end');
    },
  },
  { id: 'silent-socket', strike: async ({ phone }) => phone.cutSockets({ silent: true }) },
  { id: 'code--1307', strike: async ({ phone }) => phone.injectCode('pusher', -1307) },
  { id: 'code--2301', strike: async ({ phone }) => phone.injectCode('player', -2301) },
  { id: 'code-5000', strike: async ({ phone }) => phone.injectCode('pusher', 5000) },
  {
    id: 'token-30',
    needs: ['address'],
    async strike(struck) {
      const { at, phone, service } = struck;
      const { joins } = at.roster;
      await phone.open(await service.address(at.name, { expire: `${TOKEN_S}s` }));
      await phone.waitFor(() => at.roster.joins > joins, KICKED_WITHIN_MS, 'the join with the short token');
      await phone.waitFor(() => !at.roster.isUp, KICKED_WITHIN_MS, 'the end of the token');
      await entersAgain(struck);
    },
  },
  {
    id: 'duplicate-login',
    needs: ['address'],
    async strike(struck) {
      const { at, phone, service } = struck;
      const elsewhere = await Phone.boot({ root: phone.options.root, name: `${at.name}-elsewhere` });
      try {
        await elsewhere.open(await service.address(at.name, {}));
        await phone.waitFor(() => !at.roster.isUp, KICKED_WITHIN_MS, 'the kick');
        await pause(PERSON_MS);
      } finally {
        await elsewhere.close();
      }
      await entersAgain(struck, 0);
    },
  },
  { id: 'gateway-restart', needs: ['restart'], strike: ({ service }) => service.restart() },
];

async function hidden({ phone }, milliseconds) {
  phone.hide();
  await pause(milliseconds);
  phone.show();
}

/** The room is left for good: only a person can bring the phone back. */
async function entersAgain({ at, phone, service }, wait = PERSON_MS) {
  await pause(wait);
  await phone.open(await service.address(at.name, {}));
}
