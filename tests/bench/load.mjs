/**
 * Sizes, and the cost of loading: ours beside the peers.
 *
 *     node load.mjs --rounds N
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { PEERS, ROOT, SDK } from './places.mjs';
import { median, print } from './rows.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const rounds = Number(values.rounds);

print([...sizes(), ...loading()]);

function sizes() {
  const files = [SDK.script, SDK.module, PEERS.trtc, PEERS.zego];
  const measured = JSON.parse(
    execFileSync('node', [join(ROOT, 'xtask/js/measure.mjs'), ...files], { encoding: 'utf8' }),
  );
  const [script, module, trtc, zego] = measured;
  const row = (what, kind, how) => ({
    what,
    unit: 'B',
    ours: script[kind] + module[kind],
    trtc: trtc[kind],
    zego: zego[kind],
    how,
  });
  return [
    row('size, raw', 'raw', "the files that signaling needs: our script and module, each peer's script"),
    row('size, gzip', 'gzip', 'level 9, each file on its own'),
    row('size, brotli', 'brotli', 'quality 11, each file on its own'),
    {
      what: 'size in the code package',
      unit: 'B',
      ours: script.raw + module.brotli,
      trtc: trtc.raw,
      zego: zego.raw,
      how: 'scripts as they are, our module as .wasm.br',
    },
  ];
}

/** One fresh process each, in turns, so that a busy moment of the machine meets all of them. */
function loading() {
  const contenders = { script: [SDK.script], ours: [SDK.script, SDK.module], trtc: [PEERS.trtc], zego: [PEERS.zego] };
  const program = fileURLToPath(new URL('load-one.cjs', import.meta.url));
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, files] of Object.entries(contenders)) {
      const told = execFileSync('node', [program, ...files], { encoding: 'utf8', timeout: 20_000 });
      times[name].push(JSON.parse(told));
    }
  }
  const of = (name, kind) => median(times[name].map((time) => time[kind]));
  const fresh = `median of ${rounds} fresh Node processes`;
  return [
    {
      what: 'load, processor',
      unit: 'ms',
      ours: of('ours', 'cpu'),
      trtc: of('trtc', 'cpu'),
      zego: of('zego', 'cpu'),
      how: `require, and for ours compile, instantiate and init; all threads; ${fresh}`,
    },
    {
      what: 'load, passed',
      unit: 'ms',
      ours: of('ours', 'wall'),
      trtc: of('trtc', 'wall'),
      zego: of('zego', 'wall'),
      how: 'the same, by the clock',
    },
    {
      what: 'load of the script alone, processor',
      unit: 'ms',
      ours: of('script', 'cpu'),
      trtc: null,
      zego: null,
      how: `require without the module; ${fresh}`,
    },
  ];
}
