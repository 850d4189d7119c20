/**
 * The host of a phone in Node: everything that touches the machine. `phone.js` and what it imports know only this
 * object, so that another host (a browser, to look at a phone) can offer the same names.
 */

import { randomBytes } from 'node:crypto';
import { AppService } from './app-service/app-service.js';
import { AudioFile } from './native/audio-file.js';
import { Natives } from './native/natives.js';
import { PackageFiles } from './package-files.js';
import { compilePackage } from './ui/compile.js';
import { loadFramework } from './ui/load-framework.js';
import { Requests } from './wx/request.js';
import { Sockets } from './wx/sockets.js';

/** @typedef {typeof nodeHost} Host */

export const nodeHost = {
  /** @param {string} root @returns {PackageFiles} */
  openPackage: (root) => new PackageFiles(root),
  compilePackage,
  /** @returns {AppService} */
  createService: (parts) => new AppService(parts),
  loadFramework,
  /** @returns {Natives} */
  createNatives: (parts) => new Natives(parts),
  /** @returns {Sockets} */
  createSockets: (parts) => new Sockets(parts),
  /** @returns {Requests} */
  createRequests: (parts) => new Requests(parts),
  /** @returns {AudioFile} */
  createAudioFile: (parts) => new AudioFile(parts),
  /** @param {number} length @returns {Uint8Array} */
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
};
