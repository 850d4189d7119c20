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
const SEAT = /^[\w-]{1,40}$/;
/**
 * What a web user's page is given beside its own: the script that watches its Client, which it is told where to find.
 */
const WATCH = '<script type="module" src="/web-watch.js"></script>';
const WEB_CLIENT = '/web-client.js';
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
/** Where a socket may lead: a spectator, the page of a web user, a copy of media by its name, a camera for a phone. */
const PLACE = /^\/(stage|web-user|media(?=\/)|camera(?=\/))(?:\/(\w+))?$/;

/**
 * @typedef {object} WebUser
 * @property {string} folder of the page that a web user opens
 * @property {string} [client] path in that folder of the `miniapp-rtc-web` that the page imports; without it the stage
 *   shows the user, but does not know how the user does
 * @property {(room: string | null, how?: { user?: string, expire?: string }) => Promise<string>} entry what stands
 *   behind the # of its address; `room` is the one that a phone is in, null where none is; for one more user where none
 *   is named
 */

/**
 * @param {object} parts
 * @param {number} parts.port
 * @param {(id: string) => import('./media-copy.js').MediaCopy | undefined} parts.copyOf
 * @param {(spectator: Spectator) => void} parts.onSpectator
 * @param {(page: Spectator) => void} parts.onWebUser the page of a web user
 * @param {(phone: string, socket: import('ws').WebSocket) => void} parts.onCamera a browser's camera, for that phone
 * @param {WebUser} [parts.webUser]
 * @param {() => string | null} parts.room the one that the phones are in
 * @returns {Promise<{ address: string, close: () => Promise<void> }>}
 */
export async function startSite({ port, copyOf, onSpectator, onCamera, onWebUser, webUser, room }) {
  const files = pageFiles(webUser);
  const server = createServer((request, response) => {
    if (!isOwn(request, server)) return refuse(response, 403);
    const [path, query = ''] = request.url.split('?');
    if (path === WEB_JOIN && webUser) return sendIntoTheRoom(response, webUser.entry(room()), seatIn(query));
    const file = files.get(path);
    if (!file) return refuse(response, 404);
    return response.writeHead(200, { 'content-type': file.type, 'cache-control': 'no-store' }).end(contentOf(file));
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
      else if (kind === 'web-user') onWebUser(new Spectator(opened));
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

/** One page in a browser, at the other end of a socket. */
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
  if (webUser?.client) {
    files.set(WEB, { ...files.get(WEB), isWatched: true });
    const text = `export * from '${WEB}${webUser.client}';\n`;
    files.set(WEB_CLIENT, { text, type: `${TYPES.js}; charset=utf-8` });
  }
  return files;
}

function contentOf({ place, text, isWatched }) {
  if (text !== undefined) return text;
  const content = readFileSync(place);
  return isWatched ? String(content).replace(/<head[^>]*>/i, (head) => `${head}${WATCH}`) : content;
}

/** What the page of a web user has to know stands behind the #, which no server and no log sees. */
async function sendIntoTheRoom(response, entry, seat) {
  try {
    response.writeHead(302, { location: `${WEB}${seat}#${await entry}`, 'cache-control': 'no-store' }).end();
  } catch {
    refuse(response, 503);
  }
}

/** Which window on the stage asks, as a query. */
function seatIn(query) {
  const seat = new URLSearchParams(query).get('seat');
  return seat && SEAT.test(seat) ? `?seat=${seat}` : '';
}

function refuse(response, status) {
  response.writeHead(status).end();
}
