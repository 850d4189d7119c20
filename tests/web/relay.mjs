/** A bad network between browsers and the gateway's media port: a relay of UDP that loses packets, or stops. */

import { createSocket } from 'node:dgram';

export class Relay {
  #flows = new Map();
  #front = createSocket('udp4');

  /** The share of packets that get lost, in both directions. */
  loss = 0;
  lost = 0;
  passed = 0;

  /** @param {import('node:test').TestContext} t */
  static async start(t) {
    const relay = new Relay();
    await new Promise((resolve) => {
      relay.#front.bind(0, '127.0.0.1', resolve);
    });
    t.after(() => relay.#close());
    return relay;
  }

  get port() {
    return this.#front.address().port;
  }

  /** Has the page's media go through here, from its next connection on. @param {import('playwright-core').Page} page */
  async stand(page) {
    await rewriteAnswers(page, (line) => {
      const [, port] = line.match(/^a=candidate:\S+ 1 udp \d+ \S+ (\d+) /i) ?? [];
      if (port === undefined) return undefined;
      this.#target = Number(port);
      return line.replace(` ${port} `, ` ${this.port} `);
    });
  }

  /** What has a connection now gets nothing more, as if its network were gone; later connections are let through. */
  breakAll() {
    for (const flow of this.#flows.values()) flow.isBroken = true;
  }

  #target = 0;
  #isClosed = false;

  /** @private use Relay.start */
  constructor() {
    this.#front.on('message', (packet, { address, port }) => this.#out(packet, address, port));
  }

  #out(packet, address, port) {
    const flow = this.#flows.get(`${address}:${port}`) ?? this.#open(address, port);
    if (this.#passes(flow)) flow.back.send(packet, this.#target, '127.0.0.1', ignore);
  }

  #open(address, port) {
    const flow = { back: createSocket('udp4'), isBroken: false };
    flow.back.on('message', (packet) => {
      if (this.#passes(flow)) this.#front.send(packet, port, address, ignore);
    });
    this.#flows.set(`${address}:${port}`, flow);
    return flow;
  }

  #passes(flow) {
    if (this.#isClosed) return false;
    const isLost = flow.isBroken || Math.random() < this.loss;
    if (isLost) this.lost += 1;
    else this.passed += 1;
    return !isLost;
  }

  #close() {
    this.#isClosed = true;
    this.#front.close();
    for (const { back } of this.#flows.values()) back.close();
  }
}

/** Leaves the page only the candidates of TCP, as behind a firewall that lets no UDP through. */
export function withoutUdp(page) {
  return rewriteAnswers(page, (line) => (/^a=candidate:\S+ 1 udp /i.test(line) ? undefined : line));
}

/** Changes the candidates of the media server's answers; undefined takes a line out. */
async function rewriteAnswers(page, change) {
  const answer = async (route) => {
    const response = await route.fetch();
    const lines = (await response.text()).split('\r\n');
    const body = lines
      .map((line) => (line.startsWith('a=candidate:') ? change(line) : line))
      .filter((line) => line !== undefined)
      .join('\r\n');
    await route.fulfill({ response, body });
  };
  // A page that closes takes its requests along.
  await page.route(/\/(whip|whep)\?/, (route) => answer(route).catch(() => {}));
}

/** What could not be sent is lost, as in any bad network. */
function ignore() {}
