/**
 * The components on one page, in two languages: the READMEs of `v-pusher` and `v-player`, text by text. The Chinese is
 * in `components.zh-CN.json`, which knows each text by its English.
 *
 * `node js-glue/component-reference.mjs` writes `docs/components.md` and `docs/components.zh-CN.md`.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const COMPONENTS = ['v-pusher', 'v-player'];

const PAGES = {
  en: {
    file: fileURLToPath(new URL('../docs/components.md', import.meta.url)),
    head: `# Components

[中文](components.zh-CN.md)

Made from the READMEs of [\`v-pusher\`](../js-glue/components/v-pusher/README.md) and
[\`v-player\`](../js-glue/components/v-player/README.md) by \`node js-glue/component-reference.mjs\`; a test compares.
`,
    note: (value) => ` WeChat's own default: ${value}.`,
  },
  zh: {
    file: fileURLToPath(new URL('../docs/components.zh-CN.md', import.meta.url)),
    head: `# 组件

[English](components.md)

由 \`node js-glue/component-reference.mjs\` 根据组件的英文 README([\`v-pusher\`](../js-glue/components/v-pusher/README.md)、
[\`v-player\`](../js-glue/components/v-player/README.md))生成,有测试对比。
`,
    note: (value) => `微信自己的默认值:${value}。`,
  },
};

/** What a row says of WeChat, behind the text that is its own. */
const NOTE = / WeChat's own default: (`[^`]*`)\.$/;

/** Every text of the READMEs that a reader needs in Chinese. */
export function texts() {
  const found = new Set();
  bothReadmes((text) => {
    found.add(text);
    return text;
  }, PAGES.en.note);
  return [...found];
}

/** The Chinese texts by their English. */
export function translations() {
  return new Map(Object.entries(JSON.parse(readFileSync(new URL('components.zh-CN.json', import.meta.url), 'utf8'))));
}

export function pages() {
  const chinese = translations();
  const inChinese = (text) => chinese.get(text) ?? `**尚未翻译** ${text}`;
  const { en, zh } = PAGES;
  return {
    [en.file]: `${en.head}\n${bothReadmes((text) => text, en.note)}`,
    [zh.file]: `${zh.head}\n${bothReadmes(inChinese, zh.note)}`,
  };
}

/** Both READMEs, their headings one level lower, with every text as `say` says it. */
function bothReadmes(say, note) {
  const readmes = COMPONENTS.map((name) => {
    const text = readFileSync(new URL(`components/${name}/README.md`, import.meta.url), 'utf8');
    return blocksOf(text)
      .map((block) => translated(block, say, note))
      .join('\n\n');
  });
  return `${readmes.join('\n\n')}\n`;
}

/** What blank lines divide, and samples whole. */
function blocksOf(text) {
  return text
    .trim()
    .split(/(```[\s\S]*?```)/)
    .flatMap((part) =>
      part.startsWith('```')
        ? [part]
        : part
            .split(/\n\n+/)
            .map((block) => block.trim())
            .filter(Boolean),
    );
}

function translated(block, say, note) {
  if (block.startsWith('```')) return block;
  const [, level, title] = /^(#+) (.*)$/.exec(block) ?? [];
  if (title) return `#${level} ${COMPONENTS.includes(title) ? title : say(title)}`;
  if (block.startsWith('|'))
    return block
      .split('\n')
      .map((row) => translatedRow(row, say, note))
      .join('\n');
  return say(block.replace(/\n/g, ' '));
}

function translatedRow(row, say, note) {
  // A name, a number or a type is the same in every language; a bar inside of code is escaped.
  const cells = row.split(/(?<!\\)\|/).map((cell) => {
    const text = cell.trim().replace(NOTE, '');
    if (text === '' || /^(-+:?|:-+|String|Number|Boolean|any|`[^`]*`)$/.test(text)) return cell;
    const [, value] = NOTE.exec(cell.trim()) ?? [];
    return ` ${say(text)}${value ? note(value) : ''} `;
  });
  return cells.join('|');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [file, content] of Object.entries(pages())) writeFileSync(file, content);
}
