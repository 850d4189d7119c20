/** A real gateway process on loopback ports of its own, and the tokens it takes. */

import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { endWithThisProcess } from '../../simulator/native/processes.js';

const run = promisify(execFile);
const START_MS = 10_000;
const STOP_MS = 6_000;
const ANY = { ws: 0, rtmp: 0, flv: 0, web: 0 };

export class GatewayProcess {
  /**
   * Starts a gateway and waits until it is ready.
   * @param {{ bin: string, args?: string[], onLog?: (line: string) => void, app?: { id: string, key: string },
   *   ports?: { ws: number, rtmp: number, flv: number, web: number, admin?: number }, adminSecret?: string }} options
   *   free ports are taken unless some are given; with a secret there is an admin API
   */
  static async start({ bin, args = [], onLog = () => {}, app = newApp(), ports = ANY, adminSecret }) {
    const listen = Object.entries({
      '--listen': ports.ws,
      '--rtmp-listen': ports.rtmp,
      '--http-flv-listen': ports.flv,
      '--web-listen': ports.web,
      ...(adminSecret && { '--admin-listen': ports.admin ?? 0 }),
    });
    const places = listen.flatMap(([argument, port]) => [argument, `127.0.0.1:${port}`]);
    const child = spawn(bin, ['serve', ...places, '--public-host', '127.0.0.1', ...args], {
      env: {
        ...process.env,
        MINIAPP_RTC_APP_ID: app.id,
        MINIAPP_RTC_APP_KEY: app.key,
        ...(adminSecret && { MINIAPP_RTC_ADMIN_SECRET: adminSecret }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const gateway = new GatewayProcess(child, { bin, app, adminSecret });
    createInterface({ input: child.stderr }).on('line', onLog);
    gateway.addresses = await gateway.#ready();
    return gateway;
  }

  /** @private use GatewayProcess.start */
  constructor(child, started) {
    this.child = child;
    Object.assign(this, started);
    this.ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    endWithThisProcess(child);
  }

  #ready() {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the gateway was not ready within ${START_MS} ms`)), START_MS);
      this.ended.then(({ code }) => reject(new Error(`the gateway ended with status ${code} before it was ready`)));
      this.child.once('error', (error) => reject(new Error(`cannot start ${this.bin}: ${error.message}`)));
      createInterface({ input: this.child.stdout }).once('line', (line) => {
        clearTimeout(late);
        resolve(JSON.parse(line));
      });
    });
  }

  /** Where it listens: another process on these ports is found by the same clients. */
  get ports() {
    const portOf = (address) => Number(new URL(address.replace(/^[a-z]+:/, 'http:')).port);
    const { ws, rtmp, flv, web, admin } = this.addresses;
    return {
      ws: portOf(ws),
      rtmp: portOf(rtmp),
      flv: portOf(flv),
      web: portOf(web),
      ...(admin && { admin: portOf(admin) }),
    };
  }

  /** WebSocket address of the gateway. */
  get ws() {
    return this.addresses.ws;
  }

  /**
   * Mints a token with the gateway's own command.
   * @param {{ room: string, user: string, publish?: boolean, subscribe?: boolean, expire?: string, publishExpire?:
   *   string }} claims
   */
  async token({ room, user, publish = true, subscribe = true, expire = '1h', publishExpire }) {
    const grants = [
      ...(publish ? ['--publish'] : []),
      ...(subscribe ? ['--subscribe'] : []),
      ...(publishExpire ? ['--publish-expire', publishExpire] : []),
    ];
    return this.#mint('--room', room, '--user', user, ...grants, '--expire', expire);
  }

  /** A link by which a page joins, as the gateway's own command prints it below its QR code. */
  async joinLink({ room, user, page }) {
    const into = ['--room', room, '--user', user, '--publish', '--subscribe'];
    const printed = await this.#mint(...into, '--qr', '--gateway', this.ws, '--page', page);
    return printed.split('\n').at(-1);
  }

  async #mint(...words) {
    const env = { ...process.env, MINIAPP_RTC_APP_ID: this.app.id, MINIAPP_RTC_APP_KEY: this.app.key };
    const { stdout } = await run(this.bin, ['token', 'mint', ...words], { env });
    return stdout.trimEnd();
  }

  /** @returns {Promise<any>} what `GET /healthz` says */
  async health() {
    const answer = await fetch(new URL('/healthz', this.addresses.http));
    return { status: answer.status, body: await answer.json() };
  }

  /** Puts a user out of a room, as the operator does. */
  kick({ room, user }) {
    return this.#order('kick', { room, user });
  }

  /** Keeps a user out of a room for so many seconds, as the operator does. */
  ban({ room, user, seconds }) {
    return this.#order('ban', { room, user, seconds });
  }

  async #order(what, body) {
    const answer = await this.#admin(`/v1/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ app: this.app.id, ...body }),
    });
    if (!answer.ok) throw new Error(`the gateway refuses to ${what} ${body.user}: ${(await answer.json()).reason}`);
  }

  /** @returns {Promise<any>} the room as the operator sees it; null where the gateway has no such room */
  async view({ room }) {
    const answer = await this.#admin(`/v1/room?${new URLSearchParams({ app: this.app.id, room })}`);
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`the gateway does not show ${room}: ${(await answer.json()).reason}`);
    return answer.json();
  }

  #admin(path, { headers, ...request } = {}) {
    const authorization = `Bearer ${this.adminSecret}`;
    return fetch(new URL(path, this.addresses.admin), { ...request, headers: { ...headers, authorization } });
  }

  /** Ends the gateway without asking it. @returns {Promise<{ code: number | null, signal: string | null }>} */
  async crash() {
    this.child.kill('SIGKILL');
    return this.ended;
  }

  /** Asks the gateway to end. @returns {Promise<{ code: number | null, signal: string | null }>} */
  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    const ending = await this.ended;
    clearTimeout(late);
    return ending;
  }
}

function newApp() {
  return { id: randomBytes(12).toString('hex'), key: randomBytes(16).toString('hex') };
}
