/** A gateway beside the stage: what its phones ask of it, and what a person may do to it. */

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { GatewayProcess } from './gateway-process.mjs';

const WEB_CLIENT = 'lib/index.js';
const WEB_PAGE = fileURLToPath(new URL('../../example-web/', import.meta.url));

export class StageService {
  #webUsers = 0;

  /**
   * @param {string} bin of the gateway
   * @param {string} [page] address in which a user is in the call; `{gateway}`, `{appId}`, `{user}` and `{token}` stand
   *   for what they name, and the token is for the room and the user of the address
   */
  static async start(bin, page) {
    return new StageService(await GatewayProcess.start({ bin, adminSecret: randomBytes(16).toString('hex') }), page);
  }

  /** @private use StageService.start */
  constructor(gateway, page) {
    Object.assign(this, { gateway, page });
    // The page of a web user is there when the SDK has been built, and of use when the gateway has media for it.
    if (gateway.addresses.web && existsSync(join(WEB_PAGE, WEB_CLIENT)))
      this.webUser = { folder: WEB_PAGE, client: WEB_CLIENT, entry: (room, how) => this.#webEntry(room, how) };
    if (page?.includes('{token}')) this.address = (user, how) => this.addressOf(user, how);
  }

  /** The room of the address, if it names one. */
  get room() {
    return new URLSearchParams(this.page?.split('?')[1]).get('room') ?? ROOM;
  }

  async addressOf(user, { expire } = {}) {
    const { gateway } = this;
    const known = { gateway: gateway.ws, appId: gateway.app.id, user };
    const filled = (text) =>
      text.replace(/\{(\w+)\}/g, (all, name) => (name in known ? encodeURIComponent(known[name]) : all));
    const query = new URLSearchParams(filled(this.page).split('?')[1]);
    if (this.page.includes('{token}')) {
      known.token = await gateway.token({
        room: query.get('room'),
        user: query.get('user'),
        ...(expire && { expire }),
      });
    }
    return filled(this.page);
  }

  /** As the example's join page keeps what was entered. */
  async storage(user) {
    const { gateway } = this;
    const token = await gateway.token({ room: ROOM, user });
    return { 'join-settings': { gateway: gateway.ws, appId: gateway.app.id, room: ROOM, user, token } };
  }

  /** @param {string | null} known the phones' room */
  async #webEntry(known, { user = this.#nextWebUser(), expire } = {}) {
    const room = known ?? this.room;
    const { gateway } = this;
    const token = await gateway.token({ room, user, ...(expire && { expire }) });
    return new URLSearchParams({ gateway: gateway.ws, appId: gateway.app.id, room, user, token }).toString();
  }

  #nextWebUser() {
    this.#webUsers += 1;
    return `web-${this.#webUsers}`;
  }

  /** As the operator does, by the admin API. */
  kick(user, room) {
    return this.gateway.kick({ room, user });
  }

  /** As the operator looks, by the admin API. */
  view(room) {
    return this.gateway.view({ room });
  }

  async restart() {
    const { bin, app, ports, adminSecret } = this.gateway;
    await this.gateway.crash();
    this.gateway = await GatewayProcess.start({ bin, app, ports, adminSecret });
  }

  async health() {
    return (await this.gateway.health()).body;
  }

  stop() {
    return this.gateway.stop();
  }
}

/** Throws a sentence where an address asks for a token of nobody. @param {string} [page] */
export function checkPage(page) {
  if (!page?.includes('{token}')) return;
  const query = new URLSearchParams(page.split('?')[1]);
  if (query.get('room') && query.get('user')) return;
  throw new Error(
    '--page asks for {token}, which is made for a room and a user: write room=... and user=... into its query',
  );
}

/** The room of the demonstration. */
export const ROOM = 'demo';

/** The meeting page of the example. */
export const MEETING = `/pages/meeting/meeting?gateway={gateway}&appId={appId}&room=${ROOM}&user={user}&token={token}`;
