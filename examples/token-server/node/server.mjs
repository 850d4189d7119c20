/** An application's server: it knows its users, and makes tokens for those who have logged in, in their own name. */

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import { linksPage, loginPage, roomPage } from './pages.mjs';
import { makeToken } from './token.mjs';
import { Users } from './users.mjs';

const HOUR = 3600;
const SESSION_SECONDS = 12 * HOUR;
const TOKEN_SECONDS = HOUR;
const BODY_BYTES = 4096;

const {
  MINIAPP_RTC_APP_ID: appId,
  MINIAPP_RTC_APP_KEY: appKey,
  GATEWAY: gateway = 'ws://127.0.0.1:8080/v1',
  WEB_PAGE: webPage = 'http://localhost:3000/',
  HOST: host = '127.0.0.1',
  PORT: port = '3001',
  USERS: usersFile = 'users.json',
} = process.env;

const now = () => Math.floor(Date.now() / 1000);
const users = new Users(usersFile);

/** Who has logged in, by what the browser shows as a cookie, or a mini-program as `Authorization: Bearer`. */
const sessions = new Map();

const [command, ...words] = process.argv.slice(2);
if (command === 'add') await add(words[0]);
else await serve();

/** Takes the password from standard input: arguments are seen by other users of the machine. */
async function add(name) {
  const lines = createInterface({ input: process.stdin });
  const { value: password } = await lines[Symbol.asyncIterator]().next();
  lines.close();
  if (!name || !password) throw new Error('usage: echo PASSWORD | node server.mjs add USER');
  // A name that no token can carry is refused now.
  tokenFor(name, 'any');
  await users.add(name, password);
}

async function serve() {
  // A wrong app id or key is found now, not at the first join.
  tokenFor('nobody', 'any');
  const server = createServer(async (request, response) => {
    send(response, await answer(request).catch(failure));
  });
  server.listen(Number(port), host, () => console.log(`http://${host}:${server.address().port}/`));
}

/** @returns {Promise<{ status?: number, headers?: Record<string, string>, page?: string, json?: unknown }>} */
async function answer(request) {
  const session = sessionOf(request);
  const user = userOf(session);
  switch (`${request.method} ${request.url}`) {
    case 'GET /':
      return { page: user ? roomPage(user) : loginPage() };

    case 'POST /login': {
      const { fields, isJson } = await bodyOf(request);
      const { user: name = '', password = '' } = fields;
      if (!(await users.proves(name, password))) {
        if (isJson) throw refused(401, 'wrong user or password');
        return { status: 401, page: loginPage('用户名或密码不对 · Wrong user or password') };
      }
      const opened = open(name);
      return isJson ? { json: { session: opened } } : to('/', { 'set-cookie': cookie(request, opened) });
    }

    case 'POST /logout':
      sessions.delete(session);
      return to('/');

    case 'POST /join': {
      if (!user) return to('/');
      const { fields } = await bodyOf(request);
      return { page: linksPage(links(tokenFor(user, fields.room ?? ''))) };
    }

    case 'POST /token': {
      if (!user) throw refused(401, 'log in first');
      const { fields } = await bodyOf(request);
      return { json: tokenFor(user, fields.room ?? '') };
    }

    default:
      throw refused(404, 'not found');
  }
}

/**
 * The user is who has logged in, whatever the request says. Who may enter which room is for your application to decide
 * here.
 */
function tokenFor(user, room) {
  const expiresAt = now() + TOKEN_SECONDS;
  // A token for every room, or for none, is no user's to ask for.
  if (!room || room === '*') throw refused(400, 'room: which one?');
  try {
    return { gateway, appId, room, user, token: makeToken({ appId, appKey, room, user, expiresAt }), expiresAt };
  } catch (error) {
    throw refused(400, error.message);
  }
}

function links({ expiresAt: _, ...join }) {
  const query = Object.entries(join).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  // A server never sees what follows #.
  return { web: `${webPage}#${query.join('&')}`, miniProgram: `/pages/meeting/meeting?${query.join('&')}` };
}

function open(user) {
  for (const [session, { endsAt }] of sessions) if (endsAt <= now()) sessions.delete(session);
  const session = randomBytes(32).toString('hex');
  sessions.set(session, { user, endsAt: now() + SESSION_SECONDS });
  return session;
}

function sessionOf({ headers }) {
  const [, shown] = /(?:^|; )session=([0-9a-f]+)/.exec(headers.cookie ?? '') ?? [];
  return shown ?? /^Bearer ([0-9a-f]+)$/.exec(headers.authorization ?? '')?.[1];
}

function userOf(session) {
  const { user, endsAt = 0 } = sessions.get(session) ?? {};
  return endsAt > now() ? user : undefined;
}

/** Behind a proxy that speaks TLS, the cookie goes over TLS only. */
function cookie({ headers }, session) {
  const secure = headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
  return `session=${session}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${SESSION_SECONDS}${secure}`;
}

async function bodyOf(request) {
  let text = '';
  request.setEncoding('utf8');
  for await (const part of request) {
    text += part;
    if (text.length > BODY_BYTES) throw refused(413, 'the body is too long');
  }
  const isJson = /^application\/json\b/.test(request.headers['content-type'] ?? '');
  if (!isJson) return { isJson, fields: Object.fromEntries(new URLSearchParams(text)) };
  try {
    const fields = Object.entries(JSON.parse(text)).map(([name, value]) => [name, String(value)]);
    return { isJson, fields: Object.fromEntries(fields) };
  } catch {
    throw refused(400, 'the body is no JSON object');
  }
}

function to(location, headers) {
  return { status: 303, headers: { location, ...headers } };
}

function refused(status, reason) {
  return Object.assign(new Error(reason), { status });
}

function failure(error) {
  if (error.status) return { status: error.status, json: { reason: error.message } };
  console.error(error);
  return { status: 500, json: { reason: 'a fault of the server' } };
}

function send(response, { status = 200, headers, page = '', json }) {
  response.writeHead(status, {
    'content-type': `${json ? 'application/json' : 'text/html'}; charset=utf-8`,
    // Answers hold tokens.
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(json ? JSON.stringify(json) : page);
}
