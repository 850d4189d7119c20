/**
 * The API reference in two languages: signatures and English texts from `index.d.ts`, Chinese texts from
 * `api.zh-CN.json`, which knows each text by its English. A changed text has no translation until one is given.
 *
 * `node js-glue/api-reference.mjs` writes `docs/api.md` and `docs/api.zh-CN.md`.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { parse } from '@babel/parser';

const TYPINGS = fileURLToPath(new URL('index.d.ts', import.meta.url));

/** Each page: where it lies, and its own words. */
export const PAGES = {
  en: {
    file: fileURLToPath(new URL('../docs/api.md', import.meta.url)),
    title: 'API reference',
    other: '[中文](api.zh-CN.md)',
    about:
      'Made from [`js-glue/index.d.ts`](../js-glue/index.d.ts) by `node js-glue/api-reference.mjs`; a test compares. What each error asks of you:\n' +
      '[error codes](error-codes.md). The tags: [components](components.md).',
  },
  zh: {
    file: fileURLToPath(new URL('../docs/api.zh-CN.md', import.meta.url)),
    title: 'API 参考',
    other: '[English](api.md)',
    about:
      '由 `node js-glue/api-reference.mjs` 根据 [`js-glue/index.d.ts`](../js-glue/index.d.ts) 生成,有测试对比。各错误的处理办法见[错误码](error-codes.zh-CN.md)。标签见[组件](components.zh-CN.md)。',
  },
};

/** @typedef {{ name?: string, signature: string, text: string, members: Entry[] }} Entry */

/** @returns {Entry[]} what the typings export, in their order */
export function entries(file = TYPINGS) {
  const source = readFileSync(file, 'utf8');
  const { program } = parse(source, { sourceType: 'module', plugins: [['typescript', { dts: true }]] });
  return program.body
    .filter(({ type }) => type === 'ExportNamedDeclaration')
    .map((statement) => entryOf(statement, source))
    .filter(Boolean);
}

function entryOf(statement, source) {
  const { declaration } = statement;
  const text = textOf(statement);
  const members = membersOf(declaration);
  if (members) {
    // What is merged into another declaration says nothing of its own.
    const of = members.map((member) => ({ signature: signatureOf(member, source), text: textOf(member), members: [] }));
    return of.length ? { name: nameOf(declaration), signature: '', text, members: of } : undefined;
  }
  return { name: nameOf(declaration), signature: signatureOf(declaration, source), text, members: [] };
}

function membersOf({ type, body, declarations }) {
  if (type === 'TSInterfaceDeclaration' || type === 'ClassDeclaration') return body.body;
  return declarations?.[0].id.typeAnnotation.typeAnnotation.members;
}

const nameOf = ({ id, declarations }) => (id ?? declarations[0].id).name;

/** On one line, without comments. */
function signatureOf({ start, end }, source) {
  const code = source.slice(start, end).replace(/\/\*[\s\S]*?\*\//g, '');
  return code.replace(/\s+/g, ' ').replace(/\( /g, '(').replace(/,? \)/g, ')').replace(/= \| /, '= ').replace(/;$/, '');
}

/** The text above a declaration, one line for each paragraph and each item of a list. */
function textOf({ leadingComments = [] }) {
  const { value = '' } = leadingComments.findLast(({ value }) => value.startsWith('*')) ?? {};
  const words = value
    .replace(/^\*/, '')
    .replace(/^[ \t]*\* ?/gm, '')
    .trim();
  const plain = words.replace(/\{@link ([^}]*)\}/g, '`$1`').replace(/^@returns /gm, 'Returns ');
  const parts = plain.split(/\n\n|\n(?=- |Errors: )/);
  return parts.map((part) => part.replace(/\s*\n\s*/g, ' ').trim()).join('\n');
}

/** Every text that a reader needs in both languages. */
export function texts(all = entries()) {
  const found = all.flatMap(({ text, members }) => [text, ...members.map((member) => member.text)]);
  return [...new Set(found.filter(Boolean))];
}

/** @param {(text: string) => string} say the text in the page's language */
export function page({ title, other, about }, say, all = entries()) {
  const parts = all.map(({ name, signature, text, members }) =>
    [
      `## ${name}`,
      signature && `\`\`\`ts\n${signature}\n\`\`\``,
      paragraphs(say(text)),
      ...members.map((member) => item(member, say)),
    ]
      .filter(Boolean)
      .join('\n\n'),
  );
  return `${[`# ${title}`, other, about, ...parts].join('\n\n')}\n`;
}

function item({ signature, text }, say) {
  const [first, ...rest] = (text && say(text)).split('\n');
  const lines = rest.map((line) => `  ${line}`);
  return [`- \`${signature}\`${first ? `  \n  ${first}` : ''}`, ...lines].join('\n');
}

const paragraphs = (text) => text.replace(/\n(?!- )/g, '\n\n').replace(/(^|\n)(?!- )(.*)\n(?=- )/g, '$1$2\n\n');

/** The Chinese texts by their English. */
export function translations() {
  return new Map(Object.entries(JSON.parse(readFileSync(new URL('api.zh-CN.json', import.meta.url), 'utf8'))));
}

export function pages() {
  const chinese = translations();
  const say = (text) => text && (chinese.get(text) ?? `**尚未翻译** ${text}`);
  return { [PAGES.en.file]: page(PAGES.en, (text) => text), [PAGES.zh.file]: page(PAGES.zh, say) };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [file, content] of Object.entries(pages())) writeFileSync(file, content);
}
