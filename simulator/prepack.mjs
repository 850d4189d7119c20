/** Puts beside the package's own files those that it has in common with the SDK, before it is packed. */

import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { LICENCES } from '../js-glue/package-folder.mjs';

for (const file of ['js-glue/native-tags.json', 'docs/native-codes.md', ...LICENCES])
  cpSync(
    fileURLToPath(new URL(`../${file}`, import.meta.url)),
    fileURLToPath(new URL(file.split('/').pop(), import.meta.url)),
  );
