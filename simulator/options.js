/** The switches of a simulated phone, with their defaults, checked once. */

/**
 * @typedef {object} PhoneOptions
 * @property {string} root folder of the mini-program (holds app.json)
 * @property {string} name name of the device, for events and logs
 * @property {'android'|'ios'|'devtools'} platform
 * @property {string} sdkVersion base library version that system info reports
 * @property {boolean} globalThis whether the binding exists (base library >= 2.16.1 polyfills it)
 * @property {boolean} functionReturnThis whether `new Function('return this')` is let through
 * @property {boolean} finalizationRegistry whether FinalizationRegistry and WeakRef exist
 * @property {boolean} bigInt whether BigInt exists (default: not on ios)
 * @property {boolean} queueMicrotask
 * @property {boolean} wxWebAssembly whether WXWebAssembly exists (base library >= 2.13.0)
 * @property {boolean} macrotaskPromise Promise reactions as macrotasks (WeChat on iOS 15 and below)
 * @property {boolean} memoryGrowDetaches false: growth replaces the buffer and leaves the old one stale
 * @property {'wrapped'|'bare'} instanceShape what WXWebAssembly.instantiate resolves to
 * @property {boolean} urlCheck the domain check of a released mini-program; false as in DevTools or phone debug mode
 * @property {string[]} socketDomains allowed `wss://host[:port]` when urlCheck is on
 * @property {string[]} requestDomains allowed `https://host[:port]` when urlCheck is on
 * @property {'error+close'|'error'|'close'} connectFailure which callbacks a SocketTask gets when it cannot connect
 * @property {'exact'|'always1005'} closeCodes whether onClose tells the peer's code, or always 1005 as some clients do
 * @property {number} backgroundFreezeMs from hide until JavaScript is frozen and sockets are cut
 * @property {boolean} backgroundOnClose whether a socket cut in the background gets its onClose (after thaw)
 * @property {boolean} viewPausedInBackground whether the view stands still while the app is hidden: native tags come,
 *   change and go, and setData calls back, only when the app is shown again
 * @property {{ camera: boolean, record: boolean }} permissions what the user granted
 * @property {string} ffmpeg path of the ffmpeg program
 * @property {NativeOptions} native
 * @property {(event: object) => void} [log] gets every event as well
 * @property {(text: string, sent: boolean) => object | undefined} [readFrame] what the events `send` and `message` of a
 *   socket tell of a text beside its length, as field `frame`; by default nothing, because texts hold secrets
 * @property {(element: object, tag: import('./native/flv.js').FlvTag | null) => void} [onMedia] gets what a live-pusher
 *   encodes for its address, and what a live-player receives from its own; null: what follows begins anew
 *
 * @typedef {object} NativeOptions
 * @property {number} width @property {number} height @property {number} fps of the captured picture
 * @property {string} [color] `0xRRGGBB` of the bar in this phone's picture; by default from its name
 * @property {string} [picture] the picture in front of the camera, as a graph of ffmpeg's filters without a size:
 *   `SIZE` stands for it; by default a test picture with the bar
 * @property {string} [sound] the sound at the microphone, as such a graph; `RATE` stands for its samples per second; by
 *   default a tone from the phone's name
 * @property {number} retries reconnects before -1307 / -2301
 * @property {number} retryMs pause between two of them
 * @property {number} stallMs without progress until a connection counts as dead
 * @property {number} netStatusMs period of netstatus
 * @property {boolean} numbersAsStrings netstatus values as strings, as some clients send them
 * @property {'capture-first'|'connect-first'} pusherCodeOrder both are seen on devices
 * @property {boolean} resumeAfterSuspend whether a pusher restarts by itself when the app comes back after 5000
 * @property {boolean} endTold whether a player that is told to stop says 2006
 */

const CHOICES = {
  platform: ['android', 'ios', 'devtools'],
  instanceShape: ['wrapped', 'bare'],
  connectFailure: ['error+close', 'error', 'close'],
  closeCodes: ['exact', 'always1005'],
  pusherCodeOrder: ['capture-first', 'connect-first'],
};

/** @returns {Omit<PhoneOptions, 'root'>} */
function defaults(platform) {
  return {
    name: 'phone',
    platform: 'android',
    sdkVersion: '3.6.0',
    globalThis: true,
    functionReturnThis: true,
    finalizationRegistry: false,
    bigInt: platform !== 'ios',
    queueMicrotask: false,
    wxWebAssembly: true,
    macrotaskPromise: false,
    memoryGrowDetaches: true,
    instanceShape: 'wrapped',
    urlCheck: false,
    socketDomains: [],
    requestDomains: [],
    connectFailure: 'error+close',
    closeCodes: 'exact',
    backgroundFreezeMs: 5000,
    backgroundOnClose: platform !== 'ios',
    viewPausedInBackground: true,
    permissions: { camera: true, record: true },
    ffmpeg: 'ffmpeg',
    native: {
      width: 368,
      height: 640,
      fps: 15,
      color: undefined,
      picture: undefined,
      sound: undefined,
      retries: 3,
      retryMs: 3000,
      stallMs: 5000,
      netStatusMs: 2000,
      numbersAsStrings: false,
      pusherCodeOrder: 'capture-first',
      resumeAfterSuspend: false,
      endTold: true,
    },
    log: undefined,
    readFrame: undefined,
    onMedia: undefined,
  };
}

/**
 * @param {Partial<PhoneOptions>} given
 * @returns {PhoneOptions}
 */
export function completeOptions(given) {
  const base = defaults(given.platform);
  const options = { ...base, ...given };
  options.native = { ...base.native, ...given.native };
  options.permissions = { ...base.permissions, ...given.permissions };
  refuseUnknown('option', given, { ...base, root: '' });
  refuseUnknown('native option', given.native ?? {}, base.native);
  for (const [name, allowed] of Object.entries(CHOICES)) {
    const value = name in base.native ? options.native[name] : options[name];
    if (!allowed.includes(value)) throw new TypeError(`option ${name} is '${value}', not one of ${allowed.join(', ')}`);
  }
  if (typeof options.root !== 'string') throw new TypeError('option root is missing: the folder that holds app.json');
  return options;
}

function refuseUnknown(kind, given, known) {
  for (const name of Object.keys(given)) {
    if (!(name in known)) throw new TypeError(`unknown ${kind} '${name}'`);
  }
}
