/** The package's public face: what `require('miniapp-rtc.min.js')` returns. */
export { Client } from './client.js';
export { ERROR_CODES, EVENTS } from './names.js';

/** Version of this package, the same as that of the WASM module beside it. */
export const version = __VERSION__;
