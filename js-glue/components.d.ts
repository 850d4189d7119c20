/** What pages give to `v-pusher` and `v-player`, and hear of them. Written by native-tags.mjs, not by hand. */
import type { StreamControl } from './index';

/** An event of `v-pusher`; its `detail` is the event of the native tag. */
export interface VPusherEvent<Detail> {
  type: string;
  detail: { type: string; detail: Detail };
}

/** An event of `v-player`; its `detail` has the stream and the event of the native tag. */
export interface VPlayerEvent<Detail> {
  type: string;
  detail: { uid: string; screen: '0' | '1'; e: { type: string; detail: Detail } };
}

/** The properties of `v-pusher`. */
export interface VPusherProperties {
  /** Push address. A new address starts the pusher anew. */
  url?: string;
  /** The newest payload of the client's event `STREAM_CONTROL` for this stream; `null` before the first. */
  control?: StreamControl | null;
  /** `init` starting, `ok` pushing, `error` failed. The component sets it. */
  state?: 'init' | 'ok' | 'error';
  /** Text shown in the state `init`. */
  initText?: string;
  /** Text shown in the state `error`. */
  errorText?: string;
  /** `enable-mic` as the vendor's guide spells it. The microphone is off if either is false. */
  enbaleMic?: boolean;
  /** Whether the camera is on. */
  enableCamera?: boolean;
  /** Whether the microphone is on. */
  enableMic?: boolean;
  /** Beauty filter, 0 (off) to 9. */
  beauty?: number;
  /** Whitening, 0 (off) to 9. */
  whiteness?: number;
  /** Kind of pushing: `RTC`, `SD`, `HD`, `FHD`. */
  mode?: 'RTC' | 'SD' | 'HD' | 'FHD';
  /** Least video bit rate, kbps. */
  minBitrate?: number;
  /** Greatest video bit rate, kbps. */
  maxBitrate?: number;
  /** Shape of the picture: `3:4` or `9:16`. */
  aspect?: '9:16' | '3:4';
  /** Width of the pushed picture, pixels; give both or none. 0: by `mode`, 540 for `HD`, 720 for `FHD`, 360 otherwise. */
  videoWidth?: number;
  /** Height of the pushed picture, pixels. 0: by `mode` and `aspect`, so that the picture is the same on a WeChat that goes by the size. */
  videoHeight?: number;
  /** Pictures per second, 1 to 30. */
  fps?: number;
  /** Camera to begin with: `front` or `back`. */
  devicePosition?: 'front' | 'back';
  /** `vertical` or `horizontal`. */
  orientation?: 'vertical' | 'horizontal';
  /** Mirror the local preview: `auto` (front camera only), `enable`, `disable`. */
  localMirror?: 'auto' | 'enable' | 'disable';
  /** Mirror what others see. */
  remoteMirror?: boolean;
  /** Whether the camera focuses by itself. */
  autoFocus?: boolean;
  /** Whether the user can zoom. */
  zoom?: boolean;
  /** `high` (48 kHz) or `low` (16 kHz). */
  audioQuality?: 'high' | 'low';
  /** Which of the phone's volumes counts: `auto`, `media`, `voicecall`. */
  audioVolumeType?: 'auto' | 'media' | 'voicecall';
  /** Automatic gain control. */
  enableAgc?: boolean;
  /** Noise suppression. */
  enableAns?: boolean;
  /** Reverb: 0 off, 1 KTV, 2 small room, 3 hall, 4 low, 5 loud, 6 metallic, 7 magnetic. */
  audioReverbType?: number;
  /** Voice changer, 0 (off) to 11; WeChat's table names them, there is no 5. */
  voiceChangerType?: number;
  /** Silence. WeChat recommends `enable-mic` from base library 2.10.0 on. */
  muted?: boolean;
  /** Silence in the background, where `control` does not say. */
  backgroundMute?: boolean;
  /** Picture that is pushed in the background. */
  waitingImage?: string;
  /** MD5 of that picture. */
  waitingImageHash?: string;
  /** When a small window takes over: `push` (another page is opened), `pop` (this one is left), or a list of both. */
  pictureInPictureMode?: '' | 'push' | 'pop' | ('push' | 'pop')[];
  /** Kind of beauty filter: `smooth` or `nature`. */
  beautyStyle?: 'smooth' | 'nature';
  /** Colour filter: `standard`, `pink`, `nostalgia`, `blues`, `romantic`, `cool`, `fresher`, `solor`, `aestheticism`, `whitening`, `cerisered`. */
  filter?: 'standard' | 'pink' | 'nostalgia' | 'blues' | 'romantic' | 'cool' | 'fresher' | 'solor' | 'aestheticism' | 'whitening' | 'cerisered';
  /** Turns on the four effects below. Cannot be changed later. */
  customEffect?: boolean;
  /** Effect: whiter skin, 0 to 1. */
  skinWhiteness?: number;
  /** Effect: smoother skin, 0 to 1. */
  skinSmoothness?: number;
  /** Effect: thinner face, 0 to 1. */
  faceThinness?: number;
  /** Effect: bigger eyes, 0 to 1. */
  eyeBigness?: number;
  /** The page draws the camera's pictures itself, by LivePusherContext. WeChat writes this name without hyphens. */
  enableVideoCustomRender?: boolean;
  /** Shows WeChat's statistics over the picture. */
  debug?: boolean;
}

/** The events of `v-pusher`, by name. */
export interface VPusherEvents {
  /** `statechange` of `live-pusher`. */
  pusherstatechange: VPusherEvent<{ code: number; message: string }>;
  /** `netstatus` of `live-pusher`. */
  pushernetstatuschange: VPusherEvent<{ info: Record<string, any> }>;
  /** `error` of `live-pusher`. */
  pushererror: VPusherEvent<{ errCode: number; errMsg: string }>;
  /** `audiovolumenotify` of `live-pusher`. */
  pusheraudiovolumenotify: VPusherEvent<{ volume: number }>;
  /** `enterpictureinpicture` of `live-pusher`. */
  pusherenterpictureinpicture: VPusherEvent<unknown>;
  /** `leavepictureinpicture` of `live-pusher`. */
  pusherleavepictureinpicture: VPusherEvent<unknown>;
  /** `bgmstart` of `live-pusher`. */
  pusherbgmstart: VPusherEvent<unknown>;
  /** `bgmprogress` of `live-pusher`. */
  pusherbgmprogress: VPusherEvent<{ progress: number; duration: number }>;
  /** `bgmcomplete` of `live-pusher`. */
  pusherbgmcomplete: VPusherEvent<unknown>;
}

/** The properties of `v-player`. */
export interface VPlayerProperties {
  /** Play address. A new address starts the player anew. */
  url?: string;
  /** The newest payload of the client's event `STREAM_CONTROL` for this stream; `null` before the first. */
  control?: StreamControl | null;
  /** Who publishes the stream. */
  uid?: string;
  /** `0` camera, `1` screen. */
  screen?: '0' | '1' | 0 | 1;
  /** `init` starting, `ok` playing, `error` failed. The component sets it. */
  state?: 'init' | 'ok' | 'error';
  /** Text shown in the state `init`. */
  initText?: string;
  /** Text shown in the state `error`. */
  errorText?: string;
  /** Kind of playing: `RTC` (less delay) or `live`. */
  mode?: 'live' | 'RTC';
  /** Silence. */
  muted?: boolean;
  /** `vertical` or `horizontal`. */
  orientation?: 'vertical' | 'horizontal';
  /** `fillCrop` or `contain`. */
  objectFit?: 'contain' | 'fillCrop';
  /** `speaker` or `ear`. */
  soundMode?: 'speaker' | 'ear';
  /** Least buffer, seconds. */
  minCache?: number;
  /** Greatest buffer, seconds. */
  maxCache?: number;
  /** Silence in the background. */
  backgroundMute?: boolean;
  /** Pause while another page of the mini-program covers this one. */
  autoPauseIfNavigate?: boolean;
  /** Pause while a native page of WeChat covers this one. */
  autoPauseIfOpenNative?: boolean;
  /** When a small window takes over: `push` (another page is opened), `pop` (this one is left), or a list of both. */
  pictureInPictureMode?: '' | 'push' | 'pop' | ('push' | 'pop')[];
  /** `origin` sends the mini-program's address along with the request; `no-referrer` does not. */
  referrerPolicy?: 'no-referrer' | 'origin';
  /** Full screen when the phone is turned, if its settings allow. */
  enableAutoRotation?: boolean;
  /** Casting to a television, by LivePlayerContext. */
  enableCasting?: boolean;
  /** Shows WeChat's statistics over the picture. */
  debug?: boolean;
}

/** The events of `v-player`, by name. */
export interface VPlayerEvents {
  /** `statechange` of `live-player`. */
  playerstatechange: VPlayerEvent<{ code: number; message: string }>;
  /** `netstatus` of `live-player`. */
  playernetstatuschange: VPlayerEvent<{ info: Record<string, any> }>;
  /** `fullscreenchange` of `live-player`. */
  playerfullscreenchange: VPlayerEvent<{ direction: string | number; fullScreen: boolean | number }>;
  /** `audiovolumenotify` of `live-player`. */
  playeraudiovolumenotify: VPlayerEvent<{ volume: number }>;
  /** `enterpictureinpicture` of `live-player`. */
  playerenterpictureinpicture: VPlayerEvent<unknown>;
  /** `leavepictureinpicture` of `live-player`. */
  playerleavepictureinpicture: VPlayerEvent<unknown>;
  /** `castinguserselect` of `live-player`. */
  playercastinguserselect: VPlayerEvent<{ state: string }>;
  /** `castingstatechange` of `live-player`. */
  playercastingstatechange: VPlayerEvent<{ type: string; state: string }>;
  /** `castinginterrupt` of `live-player`. */
  playercastinginterrupt: VPlayerEvent<unknown>;
  /** `error` of `live-player`. */
  playererror: VPlayerEvent<unknown>;
}
