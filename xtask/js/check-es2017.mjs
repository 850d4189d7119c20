// Fails when a script would not run on the oldest engine: syntax newer than ES2017, or a name that is missing there.
// Arguments: the folder that has acorn installed, then the files.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [folder, ...files] = process.argv.slice(2);
const { tokenizer, parse } = createRequire(join(resolve(folder), 'package.json'))('acorn');
const absent = new Set(['BigInt', 'BigInt64Array', 'BigUint64Array', 'eval']);

let faults = 0;
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  const options = { ecmaVersion: 2017, sourceType: 'script', locations: true };
  const fault = (line, message) => {
    faults += 1;
    console.error(`${file}:${line}: ${message}`);
  };
  try {
    parse(text, options);
  } catch (error) {
    fault(error.loc?.line ?? 0, `not ES2017: ${error.message}`);
    continue;
  }
  for (const token of tokenizer(text, options)) {
    if (token.type.label === 'name' && absent.has(token.value)) {
      fault(token.loc.start.line, `uses ${token.value}`);
    }
  }
}
process.exitCode = faults === 0 ? 0 : 1;
