/** Where the measured files are. */
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const require = createRequire(import.meta.url);

export const ROOT = file('../../');
export const SDK = {
  script: file('../../target/sdk/miniapp-rtc.min.js'),
  module: file('../../target/sdk/miniapp-rtc.wasm'),
};
export const PEERS = {
  trtc: require.resolve('trtc-wx-sdk'),
  zego: require.resolve('zego-express-engine-miniprogram'),
};

if (!existsSync(SDK.module)) throw new Error('target/sdk is missing; run `cargo xtask build`');
