/**
 * The bot: a member that is connected directly, not through a lane. It pushes real media, switches its sound off and
 * on without pause, and witnesses every ordered event. The guest comes and goes.
 */

import { endProcess, startProcess } from '../../simulator/native/processes.js';
import { Member } from './member.mjs';
import { Picture } from './picture.mjs';

const CHANGE_MS = 400;
const CAMERA_AGAIN_MS = 500;
const GUEST_MS = [3000, 7000];

export class Bot {
  #camera = null;
  #cameraTimer = null;
  #changer = null;
  #hasSound = true;

  /**
   * @param {{ place: object, rtmpPort: number, ledger: import('./ledger.mjs').Ledger,
   *   note: (what: string) => void }} parts `place`: what a Member needs; `rtmpPort`: where it pushes to, past the
   *   lanes
   */
  constructor({ place, rtmpPort, ledger, note }) {
    Object.assign(this, { rtmpPort, ledger, note });
    /** The room as a witness sees it. The bot itself is not in it. */
    this.picture = new Picture(null);
    this.isLive = false;
    this.changes = 0;
    this.entries = 0;
    this.member = new Member({
      ...place,
      user: 'bot',
      onEntered: (snapshot) => this.#entered(snapshot),
      onEvent: (frame) => this.#heard(frame),
      onLost: () => this.#lost(),
    });
  }

  start() {
    this.member.enter();
    this.#changer = setInterval(() => this.#change(), CHANGE_MS);
  }

  #entered(snapshot) {
    this.entries += 1;
    this.note(`entered epoch ${snapshot.epoch} at ${snapshot.offset}`);
    this.picture.become(snapshot);
    void this.#publish();
  }

  async #publish() {
    this.#hasSound = true;
    try {
      const { urls } = await this.member.ask('publish', {});
      const url = new URL(urls.find(({ transport }) => transport === 'rtmp').url);
      url.port = String(this.rtmpPort);
      this.#film(String(url));
    } catch (error) {
      this.note(`could not publish: ${error.message}`);
    }
  }

  #film(url) {
    void endProcess(this.#camera);
    clearTimeout(this.#cameraTimer);
    const camera = startProcess(
      'ffmpeg',
      [
        '-hide_banner',
        '-loglevel',
        'error',
        '-nostdin',
        '-re',
        '-f',
        'lavfi',
        '-i',
        'testsrc2=size=176x208:rate=10',
        '-re',
        '-f',
        'lavfi',
        '-i',
        'sine=frequency=440:sample_rate=48000',
        '-map',
        '0:v',
        '-map',
        '1:a',
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-tune',
        'zerolatency',
        '-profile:v',
        'baseline',
        '-pix_fmt',
        'yuv420p',
        '-threads',
        '1',
        '-g',
        '10',
        '-b:v',
        '200k',
        '-c:a',
        'aac',
        '-ac',
        '1',
        '-flvflags',
        'no_duration_filesize',
        '-f',
        'flv',
        url,
      ],
      { stdio: ['ignore', 'ignore', 'ignore'], onMissing: (error) => this.note(error.message) },
    );
    this.#camera = camera;
    camera.on('exit', () => {
      if (this.#camera !== camera) return;
      this.note('the camera lost its connection');
      this.#cameraTimer = setTimeout(() => {
        if (this.member.inside) this.#film(url);
      }, CAMERA_AGAIN_MS);
    });
  }

  #heard(frame) {
    if (!frame.ep) return;
    this.ledger.ordered('bot', frame);
    this.picture.apply(frame.ev, frame.d);
    if (frame.d.user !== 'bot') return;
    if (frame.ev === 'stream_added') this.isLive = true;
    if (frame.ev !== 'stream_removed') return;
    this.isLive = false;
    if (frame.d.reason === 'media_lost') void this.#publish();
  }

  #lost() {
    this.isLive = false;
    this.note('lost its socket');
    void this.#stopFilming();
  }

  #change() {
    if (!this.isLive) return;
    this.#hasSound = !this.#hasSound;
    // Its picture stays on: the run looks for pictures, and a gateway lets through none that are switched off.
    this.member.ask('mute_local', { audio: this.#hasSound, video: true }).then(
      () => {
        this.changes += 1;
      },
      () => {},
    );
  }

  #stopFilming() {
    const camera = this.#camera;
    this.#camera = null;
    clearTimeout(this.#cameraTimer);
    return endProcess(camera);
  }

  /** Makes no more changes. */
  rest() {
    clearInterval(this.#changer);
  }

  async leave() {
    this.rest();
    await this.member.leave();
    await this.#stopFilming();
  }
}

/** A member that only comes and goes, every few seconds. */
export class Guest {
  #timer = null;

  constructor({ place, random }) {
    this.random = random;
    this.visits = 0;
    this.member = new Member({
      ...place,
      user: 'guest',
      onEntered: () => {
        this.visits += 1;
      },
    });
  }

  start() {
    this.#timer = setTimeout(
      async () => {
        if (this.member.wanted) await this.member.leave();
        else this.member.enter();
        if (this.#timer) this.start();
      },
      this.random.between(...GUEST_MS),
    );
  }

  async leave() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.member.wanted) await this.member.leave();
  }
}
