/** A {@link Room} of one gateway, with phones, web users and strangers in it, all gone at the test's end. */

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';

import { streamHash } from '../../simulator/native/natives.js';
import { Member } from '../chaos/member.mjs';
import { EXAMPLE, PATIENCE_MS } from '../e2e/support.mjs';
import { Meeting } from '../e2e/meeting.mjs';
import { pause } from '../e2e/witness.mjs';
import { openPage } from './browser.mjs';
import { CAMERA, microphone } from './camera.mjs';
import { measure } from './measure.mjs';
import { pull } from './puller.mjs';
import { push } from './pusher.mjs';

const LOOK_MS = 50;
const BOT = fileURLToPath(new URL('../../target/debug/examples/bot', import.meta.url));

let rooms = 0;

export class Room {
  /**
   * @param {import('node:test').TestContext} t
   * @param {{ gateway: import('../e2e/gateway-process.mjs').GatewayProcess, browser: import('playwright-core').Browser,
   *   site: { address: string } }} stage
   */
  constructor(t, { gateway, browser, site }) {
    Object.assign(this, { t, gateway, browser, site });
    rooms += 1;
    this.name = `room-${rooms}`;
    this.meeting = new Meeting({ gateway, example: EXAMPLE, room: this.name });
    t.after(() => this.meeting.end());
  }

  token(user) {
    return this.gateway.token({ room: this.name, user });
  }

  /** A phone with the example, which publishes and subscribes by itself. @param {number} [hertz] of its claps */
  async phone(name, hertz) {
    const native = hertz
      ? { picture: CAMERA, sound: microphone(hertz), retryMs: 500, stallMs: 4000 }
      : { retryMs: 500 };
    const phone = await this.meeting.enter(name, { phone: { native } });
    await phone.waitFor(() => phone.page?.data.status === 'connected', PATIENCE_MS, 'the join');
    return new PhoneUser(this, phone);
  }

  /**
   * A web user, who subscribes by itself.
   * @param {{ prepare?: (page: import('playwright-core').Page) => Promise<void>, errors?: RegExp, hertz?: number,
   *   browser?: import('playwright-core').Browser }} [how] `prepare`: before it joins; `hertz`: publishes claps with
   *   this tone
   */
  async web(name, { prepare, errors, hertz, browser = this.browser } = {}) {
    const page = await openPage(this.t, browser, this.site.address, { errors });
    await page.waitForFunction('globalThis.user');
    await prepare?.(page);
    const entry = { gateway: this.gateway.ws, appId: this.gateway.app.id, room: this.name, name };
    await page.evaluate((given) => user.enter(given), { ...entry, token: await this.token(name) });
    if (hertz) await page.evaluate((frequency) => user.publish(frequency), hertz);
    return new WebUser(this, page);
  }

  async bot(name) {
    return new BotUser(this, name, await this.token(name));
  }

  /** A client that speaks the protocol, with ffmpeg for its media. */
  async stranger(name) {
    const token = await this.token(name);
    const stranger = new Stranger(this, name, token);
    this.t.after(() => stranger.member.leave());
    await stranger.enter();
    return stranger;
  }
}

/** A bot in Rust, which runs ffmpeg: it joins when it publishes or plays. */
class BotUser {
  constructor(room, name, token) {
    const { gateway } = room;
    this.room = room;
    this.env = {
      ...process.env,
      GATEWAY: gateway.ws,
      APP_ID: gateway.app.id,
      ROOM: room.name,
      BOT: name,
      TOKEN: token,
    };
  }

  publish(hertz) {
    push(this.room.t, [BOT, 'publish', 'ffmpeg'], '{url}', hertz, { env: this.env });
  }

  /** It waits for the stream itself. */
  async sees() {}

  async watch(uid, seconds) {
    const came = await pull(this.room.t, [BOT, 'play', uid, 'ffmpeg'], '{url}', seconds, this.env);
    return { ...measure(came), ages: came.ages };
  }
}

class PhoneUser {
  constructor(room, phone) {
    Object.assign(this, { room, phone });
  }

  tile(uid, screen = false) {
    return this.phone.page.data.tiles.find((tile) => tile?.uid === uid && tile.screen === screen);
  }

  sees(uid) {
    return this.phone.waitFor(
      () => this.tile(uid)?.url && this.#of(uid)?.videoFrames > 5,
      PATIENCE_MS,
      `to see ${uid}`,
    );
  }

  /** Pictures of the user's screen. */
  seesScreen(uid) {
    return this.phone.waitFor(() => this.#of(uid, true)?.videoFrames > 2, PATIENCE_MS, `to see the screen of ${uid}`);
  }

  /** What the phone's own player decoded of the stream. */
  #of(uid, screen = false) {
    const url = this.tile(uid, screen)?.url ?? '';
    return this.phone.stats().players[streamHash(url)];
  }

  /** What comes of a user: decoded by the phone's player, and measured by another with the same address. */
  async watch(uid, seconds) {
    let came;
    const { pictures, sounds } = await this.#decoded(uid, async () => {
      came = await pull(this.room.t, ['ffmpeg'], this.tile(uid).url, seconds);
    });
    assert.ok(
      pictures > seconds * 5 && sounds > 0,
      `the phone decoded ${pictures} pictures, ${sounds} sounds of ${uid}`,
    );
    return { ...measure(came), ages: came.ages };
  }

  /** Pictures of a user that the phone's player decodes in so many seconds, and units of sound that are not silent. */
  decoded(uid, seconds) {
    return this.#decoded(uid, () => pause(seconds * 1000));
  }

  async #decoded(uid, meanwhile) {
    const counts = () => {
      const { videoFrames, audioFrames, silentAudioFrames } = this.#of(uid);
      return { pictures: videoFrames, sounds: audioFrames - silentAudioFrames };
    };
    const before = counts();
    await meanwhile();
    const after = counts();
    return { pictures: after.pictures - before.pictures, sounds: after.sounds - before.sounds };
  }

  /** Taps the button of the microphone or the camera. @param {'mic' | 'camera'} button */
  tap(button) {
    this.phone.page.find(`#${button}`).tap();
  }
}

export class WebUser {
  constructor(room, page) {
    Object.assign(this, { room, page });
  }

  run(work, argument) {
    return this.page.evaluate(work, argument);
  }

  async sees(uid) {
    await this.page.waitForFunction((key) => user.witnesses[key]?.pictures.length > 5, uid, { timeout: PATIENCE_MS });
  }

  /** @returns {Promise<{ pictures: object[], sounds: object[] }>} */
  came(uid, seconds) {
    return this.run(([key, milliseconds]) => user.watch(key, milliseconds), [uid, seconds * 1000]);
  }

  async watch(uid, seconds) {
    const came = await this.came(uid, seconds);
    return { ...measure(came), ages: came.pictures.map(({ age }) => age) };
  }

  /** @returns {Promise<{ event: string, at: number }[]>} */
  events() {
    return this.run(() => user.events);
  }

  /** Waits until it has heard an event of which this is so. */
  async heard(isSo, what, since = 0, patience = PATIENCE_MS) {
    const end = Date.now() + patience;
    for (;;) {
      const found = (await this.events()).find((event) => event.at >= since && isSo(event));
      if (found) return found;
      assert.ok(Date.now() < end, `within ${patience} ms: ${what}`);
      await pause(LOOK_MS);
    }
  }
}

class Stranger {
  constructor(room, name, token) {
    this.room = room;
    this.member = new Member({
      address: () => room.gateway.ws,
      app: room.gateway.app.id,
      room: room.name,
      user: name,
      token,
      onEntered: () => this.entered?.(),
      onEvent: (frame) => frame.ev === 'stream_added' && this.streams.add(frame.d.user),
    });
    this.streams = new Set();
  }

  async enter() {
    const entered = new Promise((resolve) => {
      this.entered = resolve;
    });
    this.member.enter();
    await entered;
  }

  /** @returns {Promise<string>} the address of this transport */
  async address(method, transport, parameters = {}) {
    const { urls } = await this.member.ask(method, parameters);
    const found = urls.find((url) => url.transport === transport);
    assert.ok(found, `${method} gives no ${transport}: ${urls.map((url) => url.transport)}`);
    return found.url;
  }

  /** @param {number} hertz @param {'baseline' | 'high'} [profile] of the pictures */
  async publish(hertz, profile) {
    push(this.room.t, ['ffmpeg'], await this.address('publish', 'rtmp'), hertz, { profile });
  }

  async sees(uid) {
    const end = Date.now() + PATIENCE_MS;
    while (!this.streams.has(uid)) {
      assert.ok(Date.now() < end, `no stream of ${uid}`);
      await pause(LOOK_MS);
    }
    this.url = await this.address('subscribe', 'rtmp', { user: uid });
  }

  async watch(_, seconds) {
    const came = await pull(this.room.t, ['ffmpeg'], this.url, seconds);
    return { ...measure(came), ages: came.ages };
  }
}
