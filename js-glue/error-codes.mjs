/**
 * The pages of error codes: names and numbers of the SDK, with the meaning and the remedy of `error-codes.json`, in two
 * languages.
 *
 * `node js-glue/error-codes.mjs` writes `docs/error-codes.md` and `docs/error-codes.zh-CN.md`.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { ERROR_CODES } from './src/names.js';

const PAGES = {
  en: {
    file: fileURLToPath(new URL('../docs/error-codes.md', import.meta.url)),
    title: 'Error codes',
    other: '[中文](error-codes.zh-CN.md)',
    about:
      'Every rejected promise and every `onFailure` of the SDK carries `code`, one of these, and `reason`, a sentence. Where a gateway refused,\n' +
      '`gatewayCode` says why: [protocol, section 9](protocol.md#9-refusals). Codes of `live-pusher` and `live-player` are\n' +
      '[native codes](native-codes.md).',
    head: ['code', 'name', 'meaning', 'what to do'],
  },
  zh: {
    file: fileURLToPath(new URL('../docs/error-codes.zh-CN.md', import.meta.url)),
    title: '错误码',
    other: '[English](error-codes.md)',
    about:
      'SDK 每个被拒绝的 Promise 和每个 `onFailure` 都带有 `code`(下表之一)和 `reason`(一句英文)。被网关拒绝时,`gatewayCode` 说明原因:\n' +
      '[协议第 9 节](protocol.md#9-refusals)(英文)。`live-pusher` 和 `live-player` 的状态码见 [native-codes](native-codes.md)(英文)。',
    head: ['错误码', '名称', '含义', '怎么办'],
  },
};

/** Each number once, with its names: the vendor misspells some. @returns {{ code: number, names: string[] }[]} */
export function codes() {
  const names = new Map();
  for (const [name, code] of Object.entries(ERROR_CODES)) names.set(code, [...(names.get(code) ?? []), name]);
  return [...names].map(([code, own]) => ({ code, names: own }));
}

/** Meaning and remedy by the name of the code. */
export function remedies() {
  return JSON.parse(readFileSync(new URL('error-codes.json', import.meta.url), 'utf8'));
}

export function pages() {
  return Object.fromEntries(Object.entries(PAGES).map(([language, page]) => [page.file, pageOf(language, page)]));
}

function pageOf(language, { title, other, about, head }) {
  const known = remedies();
  const rows = codes().map(({ code, names }) => {
    const { meaning = '', remedy = '' } = known[names.find((name) => known[name])]?.[language] ?? {};
    return [code, names.map((name) => `\`${name}\``).join(' '), meaning, remedy];
  });
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return `${[`# ${title}`, other, about, table].join('\n\n')}\n`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [file, content] of Object.entries(pages())) writeFileSync(file, content);
}
