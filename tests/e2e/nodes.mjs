/** Gateways that share their rooms through a real Redis, all on loopback ports of their own. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { endWithThisProcess } from '../../simulator/native/processes.js';
import { GatewayProcess } from './gateway-process.mjs';

const REDIS_START_MS = 10_000;
const LOOK_MS = 50;

export class Nodes {
  /**
   * Starts Redis and that many gateways.
   * @param {{ bin: string, count: number, onLog?: (node: number, line: string) => void }} options nodes count from 1
   */
  static async start({ bin, count, onLog = () => {} }) {
    const redis = await startRedis();
    const nodes = new Nodes(redis, onLog);
    // Nodes sign media addresses for each other.
    await writeFile(nodes.config, `[media]\nurl_secret = "${randomBytes(16).toString('hex')}"\n`);
    for (let number = 1; number <= count; number += 1)
      nodes.gateways.push(await nodes.#serve(number, { bin, app: nodes.gateways[0]?.app }));
    return nodes;
  }

  /** @private use Nodes.start */
  constructor(redis, onLog) {
    Object.assign(this, { redis, onLog, config: join(redis.folder, 'node.toml') });
    /** @type {GatewayProcess[]} */
    this.gateways = [];
  }

  /** Addresses of all nodes, that one first. @param {number} number from 1 */
  gatewaysFrom(number) {
    const { length } = this.gateways;
    return this.gateways.map((_, index) => this.gateways[(number - 1 + index) % length].ws).join(',');
  }

  /** Kills a node, and starts another process on its ports after that time. @param {number} number from 1 */
  async replace(number, awayMs) {
    const { bin, app, ports } = this.gateways[number - 1];
    await this.gateways[number - 1].crash();
    await pause(awayMs);
    this.gateways[number - 1] = await this.#serve(number, { bin, app, ports });
  }

  #serve(number, options) {
    const args = ['--config', this.config, '--redis', this.redis.url];
    return GatewayProcess.start({ ...options, args, onLog: (line) => this.onLog(number, line) });
  }

  /** Ends all. @returns {Promise<number[]>} status of each gateway */
  async stop() {
    const endings = await Promise.all(this.gateways.map((gateway) => gateway.stop()));
    this.redis.child.kill('SIGKILL');
    await rm(this.redis.folder, { recursive: true, force: true });
    return endings.map(({ code }) => code);
  }
}

async function startRedis() {
  const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'miniapp-rtc-redis-'))];
  const places = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
  const child = spawn('redis-server', [...places, '--appendonly', 'yes', '--save', ''], { stdio: 'ignore' });
  endWithThisProcess(child);
  const failed = new Promise((_, reject) => {
    child.once('error', (error) => reject(new Error(`cannot start redis-server: ${error.message}`)));
    child.once('exit', (code) => reject(new Error(`redis-server ended with status ${code}`)));
  });
  failed.catch(() => {});
  const end = Date.now() + REDIS_START_MS;
  while (!(await Promise.race([answers(port), failed]))) {
    if (Date.now() > end) throw new Error(`redis-server did not listen within ${REDIS_START_MS} ms`);
    await pause(LOOK_MS);
  }
  return { child, folder, url: `redis://127.0.0.1:${port}` };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
