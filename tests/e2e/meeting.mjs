/** A meeting: phones that run the example mini-program in one room of one gateway. */

import { Phone } from '../../simulator/index.js';

const PAGE = '/pages/meeting/meeting';

export class Meeting {
  /**
   * @param {{ gateway: import('./gateway-process.mjs').GatewayProcess, example: string, room?: string, page?: string }}
   *   place
   */
  constructor({ gateway, example, room = 'room-1', page = PAGE }) {
    this.gateway = gateway;
    this.example = example;
    this.room = room;
    this.page = page;
    this.phones = new Map();
  }

  /**
   * A user opens the meeting page on a phone.
   * @param {string} user
   * @param {{ token?: string, query?: Record<string, string>, phone?: object }} [how] what differs from a good user
   */
  async enter(user, { token, query = {}, phone: options = {} } = {}) {
    const phone = await Phone.boot({ root: this.example, name: user, ...options });
    this.phones.set(user, phone);
    const parameters = {
      gateway: this.gateway.ws,
      appId: this.gateway.app.id,
      room: this.room,
      user,
      token: token ?? (await this.gateway.token({ room: this.room, user })),
      ...query,
    };
    const text = Object.entries(parameters)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    await phone.open(`${this.page}?${text}`);
    return phone;
  }

  /** Closes every phone. */
  async end() {
    await Promise.all([...this.phones.values()].map((phone) => phone.close()));
    this.phones.clear();
  }
}

/** Video frames that a phone has decoded, over all streams it played. */
export function decodedFrames(phone) {
  return Object.values(phone.stats().players).reduce((sum, player) => sum + player.videoFrames, 0);
}

/** Milliseconds from the player's start to its first decoded picture, over all streams; the first one counts. */
export function firstFrameMs(phone) {
  const times = Object.values(phone.stats().players)
    .map((player) => player.firstFrameMs)
    .filter((time) => time !== null);
  return times.length ? Math.min(...times) : null;
}
