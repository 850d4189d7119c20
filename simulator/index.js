/** The simulator's public names, on the Node host. */

import { nodeHost } from './node-host.js';
import { Phone as PhoneOnAnyHost } from './phone.js';

export class Phone extends PhoneOnAnyHost {
  /**
   * Starts a phone: loads the package and runs app.js. No page is open yet.
   * @param {Partial<import('./options.js').PhoneOptions> & { root: string }} options
   * @returns {Promise<PhoneOnAnyHost>}
   */
  static boot(options) {
    return PhoneOnAnyHost.bootOn(nodeHost, options);
  }
}

export { AppService } from './app-service/app-service.js';
export { whyNotMvp } from './app-service/wasm-mvp.js';
export { streamHash } from './native/natives.js';
export { liveProcesses } from './native/processes.js';
export { completeOptions } from './options.js';
export { PackageFiles } from './package-files.js';
export { redact } from './redact.js';
