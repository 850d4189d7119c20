/** The public face of the package for browsers. */
import { Client } from './client.js';
import { ERROR_CODES, EVENTS } from '../names.js';

export { Client, ERROR_CODES, EVENTS };

/** Version of this package, the same as that of the WASM module beside it. */
export const version = __VERSION__;

export default { Client, ERROR_CODES, EVENTS, version };
