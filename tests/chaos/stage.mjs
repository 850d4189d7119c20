/**
 * The stage of the chaos run: a real gateway, lanes in front of its ports, two phones behind them, the bot and the
 * guest.
 */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { GatewayProcess } from '../e2e/gateway-process.mjs';
import { Meeting } from '../e2e/meeting.mjs';
import { Bot, Guest } from './bot.mjs';
import { Ledger } from './ledger.mjs';
import { Lane } from './proxy.mjs';

/** Pings of the clients, quicker than in production (10 s), so that silent connections are found within a short run. */
export const PING_MS = 2000;
export const RECONCILE_MS = 15_000;
const ENTER_MS = 20_000;

/** A small picture spares the machine. */
const PICTURE = { width: 176, height: 208, fps: 10, stallMs: 2000 };
/** The phones differ in kind, order of codes, transport and what they do in the background. */
const PHONES = {
  alice: { platform: 'android', pusherCodeOrder: 'capture-first', init: { transport: 'rtmp', background: 'mute' } },
  bob: { platform: 'ios', pusherCodeOrder: 'connect-first', init: { transport: 'flv', background: 'keep-audio' } },
};
/** How often a native tag tries again by itself before it gives up, and after which pause. */
const PATIENCE = [
  { retries: 4, retryMs: 600 },
  { retries: 2, retryMs: 1000 },
];

export class Stage {
  /**
   * @param {{ bin: string, example: string, random: import('./random.mjs').Random, note: (who: string, what: string) =>
   *   void }} options
   */
  constructor({ bin, example, random, note }) {
    Object.assign(this, { bin, example, random, note });
    this.ledger = new Ledger(note);
    this.phones = new Map();
    /** Lanes of the phones' sockets by user, and those of media. @type {Record<string, Lane>} */
    this.lanes = {};
    this.restarts = 0;
    this.folder = mkdtempSync(join(tmpdir(), 'chaos-'));
  }

  get users() {
    return Object.keys(PHONES);
  }

  async open() {
    this.ports = await freePorts(['ws', 'rtmp', 'flv', 'web']);
    for (const user of this.users) {
      const record = this.ledger.phone(user);
      await this.#lane(user, this.ports.ws, (...passed) => record.passed(...passed));
    }
    await this.#lane('rtmp', this.ports.rtmp);
    await this.#lane('flv', this.ports.flv);
    await this.#startGateway();
    this.app = this.gateway.app;
    this.meeting = new Meeting({ gateway: this.gateway, example: this.example });
    await this.#invite();
    for (const user of this.users) await this.#enter(user);
  }

  async #lane(name, to, onBytes) {
    const random = this.random.fork();
    this.lanes[name] = await Lane.open({ name, to, onBytes, random: () => random.next() });
  }

  async #startGateway() {
    const config = join(this.folder, 'gateway.toml');
    writeFileSync(
      config,
      [
        '[media]',
        `rtmp_public = "127.0.0.1:${this.lanes.rtmp.port}"`,
        `http_flv_public = "127.0.0.1:${this.lanes.flv.port}"`,
        `reconcile_ms = ${RECONCILE_MS}`,
        '[times]',
        `ping_ms = ${PING_MS}`,
        '',
      ].join('\n'),
    );
    this.gateway = await GatewayProcess.start({
      bin: this.bin,
      ports: this.ports,
      app: this.app,
      args: ['--config', config],
      onLog: (line) => this.note('gateway', line),
    });
  }

  /** The bot and the guest, who are connected directly. */
  async #invite() {
    const { room } = this.meeting;
    const place = async (user) => ({
      address: () => this.gateway.ws,
      app: this.app.id,
      room,
      token: await this.gateway.token({ room, user }),
    });
    const note = (what) => this.note('bot', what);
    this.bot = new Bot({
      place: await place('bot'),
      rtmpPort: this.ports.rtmp,
      ledger: this.ledger,
      note,
    });
    this.guest = new Guest({ place: await place('guest'), random: this.random.fork() });
    this.bot.start();
    this.guest.start();
  }

  async #enter(user) {
    const lane = this.lanes[user];
    // Nothing of the room arrives before the listeners are there.
    lane.hold();
    const { platform, pusherCodeOrder } = PHONES[user];
    const native = { ...PICTURE, pusherCodeOrder, ...this.random.of(PATIENCE) };
    const phone = await this.meeting.enter(user, {
      query: { gateway: `ws://127.0.0.1:${lane.port}/v1` },
      phone: { platform, native, root: this.#exampleWith(user), log: (event) => this.#tell(user, event) },
    });
    this.phones.set(user, phone);
    this.ledger.phone(user).listen(phone.page.instance.client);
    lane.release();
    await phone.waitFor(() => phone.page.data.status === 'connected', ENTER_MS, `${user} to join`);
  }

  /** The example with a user's own options for every `init`. */
  #exampleWith(user) {
    const copy = join(this.folder, user);
    cpSync(this.example, copy, { recursive: true });
    const file = join(copy, 'app.js');
    writeFileSync(
      file,
      `require('./lib/miniapp-rtc.min.js').Client.defaults = ${JSON.stringify(PHONES[user].init)};\n${readFileSync(file, 'utf8')}`,
    );
    return copy;
  }

  #tell(user, event) {
    if (event.kind === 'native') this.note(user, `${event.tag} ${event.code} ${event.message ?? ''}`);
    if (event.kind === 'socket' && !['send', 'message'].includes(event.what))
      this.note(user, `socket ${event.id} ${event.what} ${event.reason ?? ''}`);
    if (event.kind === 'console') this.note(user, `console.${event.level}: ${event.message}`);
    if (event.kind === 'fault') this.note(user, `FAULT ${event.fault}: ${event.message}`);
    if (event.kind === 'app') this.note(user, `app ${event.what}`);
  }

  /** @param {'crash' | 'stop'} how the gateway ends; it comes back on the same ports after `downMs` */
  async restartGateway(how, downMs) {
    await this.gateway[how]();
    this.note('gateway', how === 'crash' ? 'was killed' : 'has stopped');
    await new Promise((resolve) => {
      setTimeout(resolve, downMs);
    });
    await this.#startGateway();
    this.meeting.gateway = this.gateway;
    this.restarts += 1;
  }

  async close() {
    await this.guest?.leave();
    await this.bot?.leave();
    await this.meeting?.end();
    for (const lane of Object.values(this.lanes)) await lane.close();
    const ending = await this.gateway?.stop();
    rmSync(this.folder, { recursive: true, force: true });
    return ending;
  }
}

/**
 * Ports below those that systems commonly hand out, so that it is unlikely that somebody takes one while the gateway is
 * down. A process begins in a block of ten of its own; two whose ids differ by a multiple of 900 share one, and must
 * not run at once.
 */
async function freePorts(names) {
  const ports = {};
  let candidate = 20_000 + (process.pid % 900) * 10;
  for (const name of names) {
    do candidate += 1;
    while (!(await isFree(candidate)));
    ports[name] = candidate;
  }
  return ports;
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
