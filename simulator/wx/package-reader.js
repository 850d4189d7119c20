/** `wx.getFileSystemManager`, its reading half: files of the package and of the user's folder, which is empty. */

import { joinPath } from '../package-path.js';
import { ApiFailure, asynchronous } from './api.js';

const USER_FOLDER = 'wxfile://usr';
const ENCODINGS = {
  utf8: 'utf8',
  'utf-8': 'utf8',
  ascii: 'ascii',
  base64: 'base64',
  hex: 'hex',
  binary: 'latin1',
  latin1: 'latin1',
  ucs2: 'utf16le',
  'ucs-2': 'utf16le',
  utf16le: 'utf16le',
};

export class PackageReader {
  /** @param {{ service: any, files: import('../package-files.js').PackageFiles }} parts */
  constructor({ service, files }) {
    Object.assign(this, { service, files });
  }

  /** `wx.env` */
  get env() {
    return { USER_DATA_PATH: USER_FOLDER };
  }

  /** FileSystemManager of the app's realm. Methods that write are absent. */
  manager() {
    const methods = {};
    const offer = (name, work, fields = (value) => value) => {
      methods[name] = asynchronous(this.service, name, (given) => fields(work(given)), { promises: false });
      methods[`${name}Sync`] = (...parameters) => {
        try {
          return work(SYNC[name](...parameters));
        } catch (error) {
          if (error instanceof ApiFailure) throw new Error(`${name}:fail ${error.message}`);
          throw error;
        }
      };
    };
    offer(
      'readFile',
      (given) => this.#read(given),
      (data) => ({ data }),
    );
    offer(
      'access',
      (given) => {
        this.#existing(given.path);
      },
      () => ({}),
    );
    offer(
      'readdir',
      (given) => this.#list(given.dirPath),
      (files) => ({ files }),
    );
    return this.service.realm.handOver(methods);
  }

  #read({ filePath, encoding, position = 0, length }) {
    const { path, folder } = this.#existing(filePath);
    if (folder) throw new ApiFailure(`illegal operation on a directory, open "${filePath}"`);
    if (encoding !== undefined && !(encoding in ENCODINGS)) throw new ApiFailure(`invalid encoding "${encoding}"`);
    const bytes = this.files.bytes(path);
    const end = length === undefined ? bytes.length : position + length;
    if (position < 0 || end > bytes.length) throw new ApiFailure('the value of "position" or "length" is out of range');
    const part = bytes.subarray(position, end);
    return encoding === undefined ? new Uint8Array(part).buffer : part.toString(ENCODINGS[encoding]);
  }

  #list(dirPath) {
    const { path, folder } = this.#existing(dirPath);
    if (!folder) throw new ApiFailure(`not a directory ${dirPath}`);
    return path === null ? [] : this.files.list(path);
  }

  #existing(given) {
    if (typeof given !== 'string' || given === '') throw new ApiFailure('parameter error: a path should be String');
    if (given === USER_FOLDER || given === `${USER_FOLDER}/`) return { path: null, folder: true };
    if (given.startsWith(USER_FOLDER)) throw new ApiFailure(`no such file or directory "${given}"`);
    const path = joinPath(given);
    if (this.files.has(path)) return { path, folder: false };
    if (this.files.list(path) === null) throw new ApiFailure(`no such file or directory "${given}"`);
    return { path, folder: true };
  }
}

/** The parameters of the calls that wait, as the options of those that do not. */
const SYNC = {
  readFile: (filePath, encoding, position, length) => ({ filePath, encoding, position, length }),
  access: (path) => ({ path }),
  readdir: (dirPath) => ({ dirPath }),
};
