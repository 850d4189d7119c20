/** The web server of the stage, on the loopback interface: the page, copies of media, and one WebSocket a spectator. */

import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';

const require = createRequire(import.meta.url);
const PAGE = fileURLToPath(new URL('page/', import.meta.url));
const TYPES = {
  html: 'text/html',
  css: 'text/css',
  js: 'text/javascript',
  svg: 'image/svg+xml',
  wasm: 'application/wasm',
};
/** Files of other packages that the page loads, by their address. */
const LIBRARIES = {
  '/lib/mpegts.js': join(dirname(require.resolve('mpegts.js')), 'mpegts.js'),
  '/lib/uplot.js': join(dirname(require.resolve('uplot')), 'uPlot.esm.js'),
  '/lib/uplot.css': join(dirname(require.resolve('uplot')), 'uPlot.min.css'),
};
const WEB = '/web/';
/** Where a web user joins. */
export const WEB_JOIN = `${WEB}join`;
const HOST = '127.0.0.1';
/** Why nobody can listen on a port, in words. */
const UNHEARD = {
  EADDRINUSE: (port) =>
    `port ${port} is taken by another program: end it, or give another --port; without --port a free one is taken`,
  EACCES: (port) => `port ${port} is for the system's own programs: give a --port above 1023`,
};
/** A spectator who takes no more may hold back so many bytes. */
const MOST_WAITING = 16 * 1024 * 1024;
/** An order, or what a camera gave in a tenth of a second. */
const LARGEST_MESSAGE = 4 * 1024 * 1024;
/** Where a socket may lead: a spectator, a copy of media by its name, a camera for a phone. */
const PLACE = /^\/(stage|media(?=\/)|camera(?=\/))(?:\/(\w+))?$/;

/**
 * @typedef {object} WebUser
 * @property {string} folder of the page that a web user opens
 * @property {(room: string | null) => Promise<string>} entry what stands behind the # of its address, for one more user;
 *   `room` is the one that a phone is in, null where none is
 */

/**
 * @param {object} parts
 * @param {number} parts.port
 * @param {(id: string) => import('./media-copy.js').MediaCopy | undefined} parts.copyOf
 * @param {(spectator: Spectator) => void} parts.onSpectator
 * @param {(phone: string, socket: import('ws').WebSocket) => void} parts.onCamera a browser's camera, for that phone
 * @param {WebUser} [parts.webUser]
 * @param {() => string | null} parts.room the one that the phones are in
 * @returns {Promise<{ address: string, close: () => Promise<void> }>}
 */
export async function startSite({ port, copyOf, onSpectator, onCamera, webUser, room }) {
  const files = pageFiles(webUser);
  const server = createServer((request, response) => {
    if (!isOwn(request, server)) return refuse(response, 403);
    const path = request.url.split('?')[0];
    if (path === WEB_JOIN && webUser) return sendIntoTheRoom(response, webUser.entry(room()));
    const file = files.get(path);
    if (!file) return refuse(response, 404);
    return response
      .writeHead(200, { 'content-type': file.type, 'cache-control': 'no-store' })
      .end(readFileSync(file.place));
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE });
  server.on('upgrade', (request, socket, head) => {
    if (!isOwn(request, server)) return socket.destroy();
    const [, kind, name] = PLACE.exec(request.url) ?? [];
    const copy = kind === 'media' ? copyOf(name) : undefined;
    if (kind === undefined || (kind === 'media' && !copy)) return socket.destroy();
    return sockets.handleUpgrade(request, socket, head, (opened) => {
      if (copy) copy.show(opened);
      else if (kind === 'camera') onCamera(name, opened);
      else onSpectator(new Spectator(opened));
    });
  });
  await new Promise((resolve, reject) => {
    server.once('error', (error) => reject(error.code in UNHEARD ? new Error(UNHEARD[error.code](port)) : error));
    server.listen(port, HOST, resolve);
  });
  return {
    address: `http://${HOST}:${server.address().port}/`,
    close: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** One browser that looks on. */
export class Spectator {
  constructor(socket) {
    this.socket = socket;
  }

  tell(message) {
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > MOST_WAITING) this.socket.terminate();
    else this.socket.send(JSON.stringify(message));
  }

  /** @param {(message: any) => void} listener gets objects */
  onMessage(listener) {
    this.socket.on('message', (data) => {
      let message;
      try {
        message = JSON.parse(String(data));
      } catch {
        return;
      }
      if (message !== null && typeof message === 'object') listener(message);
    });
  }

  onEnd(listener) {
    this.socket.on('close', listener);
    this.socket.on('error', () => {});
  }
}

/** No page of another site, and no name that leads here, may give orders to the phones. */
function isOwn({ headers }, server) {
  const { port } = server.address();
  const hosts = [`${HOST}:${port}`, `localhost:${port}`];
  const { host, origin } = headers;
  return hosts.includes(host) && (origin === undefined || hosts.some((own) => origin === `http://${own}`));
}

function pageFiles(webUser) {
  const files = new Map();
  const offer = (path, place) => {
    const type = TYPES[place.split('.').pop()];
    if (type) files.set(path, { place, type: type.startsWith('text/') ? `${type}; charset=utf-8` : type });
  };
  for (const name of readdirSync(PAGE)) offer(name === 'index.html' ? '/' : `/${name}`, join(PAGE, name));
  for (const [path, place] of Object.entries(LIBRARIES)) offer(path, place);
  for (const name of webUser ? readdirSync(webUser.folder, { recursive: true }) : []) {
    offer(name === 'index.html' ? WEB : `${WEB}${name.replaceAll(sep, '/')}`, join(webUser.folder, name));
  }
  return files;
}

/** What the page of a web user has to know stands behind the #, which no server and no log sees. */
async function sendIntoTheRoom(response, entry) {
  try {
    response.writeHead(302, { location: `${WEB}#${await entry}`, 'cache-control': 'no-store' }).end();
  } catch {
    refuse(response, 503);
  }
}

function refuse(response, status) {
  response.writeHead(status).end();
}
