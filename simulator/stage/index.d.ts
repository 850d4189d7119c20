/** The stage: phones that run a mini-program in Node, and a page in a browser that shows them. */

import type { Phone } from '../index.js';

/** What stands beside the phones; a fault that needs a method is offered only where the method is there. */
export interface Service {
  /** What a user's phone has stored before the app starts. */
  storage?(user: string): Promise<Record<string, unknown>>;
  /** The page in which a user is in the call, with a token that lasts so long (`30s`). */
  address?(user: string, how: { expire?: string }): Promise<string>;
  /** The gateway puts the user out of the room. */
  kick?(user: string, room: string): Promise<void>;
  /** The gateway ends without a word and comes back. */
  restart?(): Promise<void>;
  /** What the gateway says of itself. */
  health?(): Promise<object>;
  /** The room as the gateway has it: what `GET /v1/room` of its admin API says. Null where it has no such room. */
  view?(room: string): Promise<RoomView | null>;
  /**
   * How web users join: the folder of their page, and what stands behind the # of its address for one more of them.
   * `room` is the one that a phone is in, null where none is.
   */
  webUser?: {
    folder: string;
    /**
     * Path in that folder of the `miniapp-rtc-web` that the page imports; without it the user is shown, not measured.
     */
    client?: string;
    entry(room: string | null, how?: { user?: string; expire?: string }): Promise<string>;
  };
}

/** A room with its members, streams and bans; other fields are not looked at. */
export interface RoomView {
  members: { user: string; visible: boolean; suspended: boolean }[];
  streams: {
    user: string;
    kind: string;
    generation: number;
    state: 'leased' | 'live' | 'stalled';
    audio: boolean;
    video: boolean;
    audio_muted: boolean;
    video_muted: boolean;
    subscribers: number;
  }[];
  /** Who is kept out, for how many seconds from now. */
  bans: { user: string; seconds: number }[];
}

export interface StageOptions {
  /** Folder of the mini-program. */
  root: string;
  /** Address that a phone opens first; by default the first page of app.json. */
  page?(user: string): Promise<string>;
  /** How many phones at the start; 2 unless said otherwise, 4 at most. */
  phones?: number;
  service?: Service;
  /** Port of the page on the loopback interface; a free one unless said otherwise. */
  port?: number;
  /** How a fault and the recovery from it go on. */
  onRun?(run: Run): void;
  onNews?(event: { phone: string; kind: 'native' | 'fault' | 'problem'; text: string }): void;
}

/** A fault and the recovery from it; seconds count from the fault's end. */
export interface Run {
  id: number;
  fault: string;
  phone: string;
  /** `over`: nobody was in a call, so there was nothing to recover. */
  state: 'struck' | 'recovering' | 'recovered' | 'over' | 'not-back' | 'failed';
  /** Milliseconds of Unix time; `endedAt` is null while the fault lasts. */
  struckAt: number;
  endedAt: number | null;
  /** Why the fault could not be done. */
  problem: string | null;
  /** The same in one word, where the stage knows it beforehand. */
  reason:
    | 'phone-only'
    | 'in-no-room'
    | 'no-pusher'
    | 'no-player'
    | 'in-background'
    | 'under-way'
    | 'gone'
    | 'late-join'
    | 'late-end'
    | null;
  /** Phones, and web users whose page the stage measures. */
  phones: {
    name: string;
    /** The web user has closed the page meanwhile. */
    gone: boolean;
    hadPicture: boolean;
    pictureAway: boolean;
    pictureBackS: number | null;
    /** From the last picture before to the first one after; null where they never stood or are not back. */
    stoodS: number | null;
    /** The longest time without a new picture in a stream that did not stand still; below 0.5. */
    pauseS: number;
    signalAway: boolean;
    signalBackS: number | null;
  }[];
}

export class Stage {
  private constructor();
  static start(options: StageOptions): Promise<Stage>;
  /** Where a browser finds the page. */
  readonly address: string;
  /** Where a web user joins the phones' room; null where there is no media for web users. */
  readonly webAddress: string | null;
  readonly phones: Map<string, { readonly name: string; readonly phone: Phone }>;
  /** Those whose pages the stage measures, while they are open. */
  readonly webUsers: Map<string, { readonly name: string; readonly isUp: boolean }>;
  addPhone(): Promise<{ readonly name: string; readonly phone: Phone }>;
  /** Strikes a phone or a web user; resolves when the fault is over, and recovery goes on. */
  strike(fault: string, name: string): Promise<void>;
  close(): Promise<void>;
}
