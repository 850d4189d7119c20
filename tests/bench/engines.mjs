/**
 * The cost of one event in and one report out, in each engine of this machine.
 *
 *     node engines.mjs --batches N
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

import { SDK } from './places.mjs';
import { print } from './rows.mjs';

const { values } = parseArgs({ options: { batches: { type: 'string', default: '25' } } });
const PROGRAM = fileURLToPath(new URL('calls.mjs', import.meta.url));
const PARAMETERS = [SDK.script, SDK.module, values.batches];

const ENGINES = [
  { name: 'V8', command: 'node', flags: [PROGRAM] },
  { name: 'V8 --no-opt --no-sparkplug', command: 'node', flags: ['--no-opt', '--no-sparkplug', PROGRAM] },
  {
    name: 'JavaScriptCore --useJIT=0',
    command: 'jsc',
    flags: ['--useJIT=0', '-m', PROGRAM, '--'],
    source: 'apt-get install libjavascriptcoregtk-4.0-bin',
  },
];

const MEASURED = [
  { key: 'eventIn', what: 'event in', how: "a frame at the socket until the page's listener hears the event" },
  { key: 'reportOut', what: 'report out', how: "a native code from the page until the frame is at the socket's send" },
  { key: 'netStatus', what: 'net status', how: 'a report of 15 numbers, read, judged, nothing to send' },
];

const results = ENGINES.map((engine) => ({ engine, costs: run(engine) }));
print(
  MEASURED.flatMap(({ key, what, how }) =>
    results.map(({ engine, costs }) => ({
      what: `${what}, ${engine.name}`,
      unit: 'µs',
      ours: costs?.[key],
      how: costs
        ? `${how}; median of ${values.batches} batches of 200`
        : `left out: ${engine.command} is missing; ${engine.source}`,
    })),
  ),
);

/** The costs, or nothing when the engine is not installed. */
function run({ name, command, flags }) {
  const { error, status, stdout, stderr } = spawnSync(command, [...flags, ...PARAMETERS], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (error && error.code === 'ENOENT') return null;
  if (error || status !== 0)
    throw new Error(`${name}: ${error ? error.message : `status ${status}: ${stderr}${stdout}`}`);
  return JSON.parse(stdout);
}
