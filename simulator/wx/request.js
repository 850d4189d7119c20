/** `wx.request`: real HTTP through node, success for any status, at most ten at once. */

import http from 'node:http';
import https from 'node:https';
import { redact } from '../redact.js';
import { tell } from './api.js';
import { isAllowedDomain } from './domains.js';

const MAX_REQUESTS = 10;
const LONGEST_TIMEOUT_MS = 60000;
const METHODS = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT'];

export class Requests {
  #live = new Set();

  constructor({ service, options, isOnline, emit }) {
    Object.assign(this, { service, options, isOnline, emit });
  }

  get count() {
    return this.#live.size;
  }

  /** @returns {{ abort: () => void }} RequestTask */
  start(given) {
    if (given === null || typeof given !== 'object') throw new TypeError('request needs an options object');
    const finish = (ok, result) => {
      tell(this.service, 'request', given, ok, {
        ...result,
        errMsg: ok ? 'request:ok' : `request:fail ${redact(result.errMsg)}`,
      });
    };
    const refusal = this.#refusal(given);
    if (refusal) {
      finish(false, { errMsg: refusal, errno: 600002 });
      return { abort() {} };
    }
    const exchange = this.#exchange(given, finish);
    this.#live.add(exchange);
    return { abort: () => exchange.end('abort') };
  }

  #refusal({ url, method = 'GET' }) {
    if (typeof url !== 'string' || !/^https?:\/\//.test(url)) return `invalid url "${redact(url)}"`;
    if (!METHODS.includes(method)) return `method '${method}' is not supported`;
    if (this.options.urlCheck && !isAllowedDomain(url, 'https:', this.options.requestDomains))
      return 'url not in domain list';
    if (this.#live.size >= MAX_REQUESTS) return 'exceed max concurrent count';
    if (!this.isOnline()) return 'network is down';
    if (this.service.frozen) return 'interrupted';
    return null;
  }

  #exchange(given, finish) {
    const method = given.method ?? 'GET';
    const { url, body, type } = encode(given, method);
    const headers = { 'content-type': type, ...lowerCase(given.header ?? {}) };
    const request = (url.startsWith('https:') ? https : http).request(url, { method, headers });
    let done = false;
    const exchange = {
      end: (errMsg, result) => {
        if (done) return;
        done = true;
        clearTimeout(timer);
        this.#live.delete(exchange);
        if (!result) request.destroy();
        this.emit({ kind: 'request', url: redact(url), status: result?.statusCode, reason: errMsg ?? undefined });
        finish(Boolean(result), result ?? { errMsg, errno: errMsg === 'timeout' ? 5 : 600001 });
      },
    };
    const timer = setTimeout(
      () => exchange.end('timeout'),
      Math.min(given.timeout ?? LONGEST_TIMEOUT_MS, LONGEST_TIMEOUT_MS),
    );
    request.on('error', (error) => exchange.end(error.message || error.code));
    request.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('aborted', () => exchange.end('connection aborted'));
      response.on('end', () =>
        exchange.end(null, {
          data: decode(Buffer.concat(chunks), given),
          statusCode: response.statusCode,
          header: { ...response.headers },
          cookies: response.headers['set-cookie'] ?? [],
        }),
      );
    });
    request.end(body);
    return exchange;
  }

  /** The background cut: what is under way fails as interrupted. */
  interruptAll() {
    for (const exchange of [...this.#live]) exchange.end('interrupted');
  }
}

function encode({ url, data, header }, method) {
  const type = lowerCase(header ?? {})['content-type'] ?? 'application/json';
  if (data === undefined || data === null) return { url, body: undefined, type };
  if (method === 'GET' && typeof data === 'object') {
    const target = new URL(url);
    for (const key of Object.keys(data)) target.searchParams.set(key, String(data[key]));
    return { url: target.href, body: undefined, type };
  }
  if (Object.prototype.toString.call(data) === '[object ArrayBuffer]')
    return { url, body: Buffer.from(new Uint8Array(data)), type };
  if (typeof data === 'string') return { url, body: data, type };
  if (type.startsWith('application/x-www-form-urlencoded'))
    return { url, body: new URLSearchParams({ ...data }).toString(), type };
  return { url, body: JSON.stringify(data), type };
}

function decode(bytes, { responseType = 'text', dataType = 'json' }) {
  if (responseType === 'arraybuffer') return new Uint8Array(bytes).buffer;
  const text = bytes.toString('utf8');
  if (dataType !== 'json') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function lowerCase(header) {
  return Object.fromEntries(Object.keys(header).map((name) => [name.toLowerCase(), header[name]]));
}
