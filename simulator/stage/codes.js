/** What native codes mean, in Chinese and English: the tables of docs/native-codes.md. */

import { existsSync, readFileSync } from 'node:fs';

/** The SDK's own where this is its repository; else the copy that `npm pack` made. */
const PLACES = ['../../docs/native-codes.md', '../native-codes.md'].map((place) => new URL(place, import.meta.url));
const ROW = /^\| (-?\d+) \| (\w+) \| [^|]* \| [^|]* \| [^|]* \| [^|]* \| ([^|]+) \| ([^|]+) \|$/;
const SECTION = /^## (live-\w+)/;

/** @returns {Record<string, Record<string, { severity: string, en: string, zh: string }>>} by tag, by code */
export function codeMeanings() {
  const tags = {};
  let codes = null;
  for (const line of readFileSync(PLACES.find(existsSync) ?? PLACES[1], 'utf8').split('\n')) {
    const section = SECTION.exec(line);
    if (section) {
      codes = {};
      tags[section[1]] = codes;
    } else if (line.startsWith('## ')) codes = null;
    const row = codes && ROW.exec(line);
    if (row) codes[row[1]] = { severity: row[2], en: row[3].trim(), zh: row[4].trim() };
  }
  return tags;
}
