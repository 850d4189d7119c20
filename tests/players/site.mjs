/** The web server of somebody else's page, at an address that the gateway knows nothing of. */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const FILES = {
  '/': ['page/index.html', 'text/html'],
  '/page.js': ['page/page.js', 'text/javascript'],
  '/mpegts.js': ['node_modules/mpegts.js/dist/mpegts.js', 'text/javascript'],
};

/** @returns {Promise<{ address: string, close: () => void }>} */
export async function startSite() {
  const server = createServer(({ url }, response) => {
    const [file, type] = FILES[url] ?? [];
    if (file === undefined) return response.writeHead(404).end();
    return response
      .writeHead(200, { 'content-type': type })
      .end(readFileSync(fileURLToPath(new URL(file, import.meta.url))));
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
