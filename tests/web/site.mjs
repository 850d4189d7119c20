/** The web server of the pages: the built package, the example page, and the page that measures. */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (relative) => fileURLToPath(new URL(relative, import.meta.url));
/** The first folder whose name begins a path serves it. */
const FOLDERS = {
  '/sdk/': at('../../target/sdk-web/'),
  '/example/': at('../../example-web/'),
  '/lib/': at('../../target/sdk-web/'),
  '/': at('page/'),
};
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };

/**
 * @param {Record<string, string>} [pages] further pages, by path
 * @returns {Promise<{ address: string, close: () => void }>} `address` ends with a slash
 */
export async function startSite(pages = {}) {
  const server = createServer(({ url }, response) => {
    const path = normalize(new URL(url, 'http://site').pathname);
    const [name, folder] = Object.entries(FOLDERS).find(([begin]) => path.startsWith(begin));
    const file = join(folder, path.slice(name.length) || 'index.html');
    try {
      const content = pages[path] ?? readFileSync(file);
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
