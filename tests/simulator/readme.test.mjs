/** Both READMEs of the simulator's package say the same: section by section, with the same code and the same names. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** @returns {{ level: number, kinds: string, code: string[], names: string[] }[]} the sections */
function sectionsOf(file) {
  const text = readFileSync(fileURLToPath(new URL(`../../simulator/${file}`, import.meta.url)), 'utf8');
  return text.split(/^(?=#+ )/m).map((section) => {
    const code = [...section.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
    const prose = section.replace(/^```[\s\S]*?^```$/gm, '');
    const names = [...prose.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    return {
      level: /^#*/.exec(section)[0].length,
      rows: prose.match(/^\|/gm)?.length ?? 0,
      points: prose.match(/^- /gm)?.length ?? 0,
      code,
      names: [...new Set(names)].sort(),
    };
  });
}

test('the Chinese README has every section, point, row, example and name of the English one', () => {
  const [english, chinese] = [sectionsOf('README.md'), sectionsOf('README.zh-CN.md')];
  assert.ok(english.length > 5);
  for (const [index, section] of english.entries()) assert.deepEqual(chinese[index], section, `section ${index}`);
  assert.equal(chinese.length, english.length);
});
