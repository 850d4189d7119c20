/** The typings of the simulator's package say what its code has, neither less nor more. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as simulator from '../../simulator/index.js';
import { Stage } from '../../simulator/stage/stage.js';
import { temporaryFolder } from '../folder.mjs';
import { packageOf } from './support.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TSC = join(ROOT, 'js-glue/node_modules/typescript/bin/tsc');
/** What other parts of the simulator use of a phone, and tests of the simulator. */
const INSIDE = ['options', 'startedAt', 'files', 'compiled', 'service', 'natives', 'view', 'framework', 'pages', 'wx'];
const INSIDE_OF_STAGE = ['root', 'page', 'service', 'onNews', 'onRun', 'site', 'delays', 'recovery', 'meanings'];

const membersOf = (instance) => {
  const names = Object.keys(instance);
  for (let face = Object.getPrototypeOf(instance); face !== Object.prototype; face = Object.getPrototypeOf(face))
    names.push(...Object.getOwnPropertyNames(face));
  return [...new Set(names)].filter((name) => name !== 'constructor');
};

/** A line that does not compile where the type has a member that is not named, or lacks one that is. */
const exactly = (type, names) =>
  `export const all${++lines}: Record<keyof ${type}, 1> = { ${names.map((name) => `${name}: 1`).join(', ')} };`;
let lines = 0;

test('classes, options and exports', async (t) => {
  const root = packageOf(t, {
    'app.json': '{"pages":["a"]}',
    'app.js': 'App({})',
    'a.js': 'Page({})',
    'a.wxml': '<view>a</view>',
  });
  const phone = await simulator.Phone.boot({ root });
  t.after(() => phone.close());
  await phone.open('/a');
  const stage = await Stage.start({ root, phones: 1 });
  t.after(() => stage.close());
  const { options } = phone;
  const visible = membersOf(phone).filter((name) => !INSIDE.includes(name));
  const staged = membersOf(stage).filter((name) => !INSIDE_OF_STAGE.includes(name));
  const code = [
    `import * as simulator from '${ROOT}simulator/index.js';`,
    `import type { Stage } from '${ROOT}simulator/stage/index.js';`,
    exactly('typeof simulator', Object.keys(simulator)),
    exactly('simulator.Phone', visible),
    exactly('simulator.PhoneOptions', Object.keys(options)),
    exactly('simulator.NativeOptions', Object.keys(options.native)),
    exactly('simulator.Stats', Object.keys(phone.stats())),
    exactly('simulator.PageHandle', Object.keys(phone.page)),
    exactly(
      'simulator.NodeHandle',
      membersOf(phone.page.find('view')).filter((name) => !['element', 'framework'].includes(name)),
    ),
    exactly('Stage', staged),
  ].join('\n');
  const file = join(temporaryFolder(t, 'typings'), 'all.ts');
  writeFileSync(file, code);
  const { status, stdout } = spawnSync(
    process.execPath,
    [TSC, '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', '', file],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stdout);
});
