/** A whole run from seed to table: what the program and the test share. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { spread, table } from './report.mjs';
import { Run } from './run.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BIN = process.env.MINIAPP_RTC_GATEWAY_BIN ?? join(ROOT, 'target/debug/miniapp-rtc-gateway');
const EXAMPLE = join(ROOT, 'example-miniapp');
const LAST_NOTES = 80;

/**
 * @param {{ faults: number, seed: number, say: (line: string) => void, plant?: (stage: object) => void }} options as
 *   for a Run
 * @returns {Promise<Run>}
 */
export async function chaos({ faults, seed, say, plant }) {
  for (const [file, command] of [
    [BIN, 'cargo build -p miniapp-rtc-gateway'],
    [join(EXAMPLE, 'lib/miniapp-rtc.wasm'), 'cargo xtask build'],
  ]) {
    if (!existsSync(file)) throw new Error(`${file} is missing; run: ${command}`);
  }
  say(`${faults} faults, seed ${seed}`);
  const run = new Run({ bin: BIN, example: EXAMPLE, faults, seed, say, plant });
  await run.go();
  const place = keep(run);
  if (run.violations.length) {
    say('');
    run.history.slice(-LAST_NOTES).forEach((line) => say(line));
  }
  say('');
  table(run.outcomes).forEach((line) => say(line));
  say('');
  totals(run).forEach((line) => say(line));
  say(`history: ${place}`);
  for (const violation of run.violations) say(`VIOLATION: ${violation}`);
  if (run.violations.length) say(`again: cargo xtask chaos --faults ${faults} --seed ${seed}`);
  return run;
}

function totals({ outcomes, rounds, wellMs, stage, verdicts, violations }) {
  const { ledger, bot, guest } = stage;
  const [p50, p99, worst] = spread(wellMs);
  const room = `${ledger.witnessed} ordered events in ${ledger.truth.size} epochs, ${stage.restarts} gateway restarts`;
  const nothing = outcomes.filter(({ struck }) => !struck).length;
  const lines = [
    `faults survived: ${outcomes.filter(({ survived }) => survived).length} of ${planned(rounds)}, ${nothing} struck nothing, in ${rounds.length} rounds`,
    `from the last fault of a round until all was well: p50 ${p50}, p99 ${p99}, worst ${worst}`,
    `room: ${room}, ${bot?.changes} changes by the bot, ${guest?.visits} visits of the guest`,
  ];
  for (const [user, { expected, lost, repeated, tooMany }] of verdicts) {
    const { heard, resumes, anchors, states } = ledger.phone(user);
    const reconnects = states.filter(({ current }) => current === 'reconnecting').length;
    const events = tooMany
      ? 'quite others expected'
      : `expected ${expected}, lost ${lost.length}, repeated ${repeated.length}`;
    lines.push(
      `${user}: events heard ${heard.length}, ${events}; ${reconnects} reconnects, ${resumes} resumed, ${anchors.length - 1} by snapshot`,
    );
  }
  lines.push(violations.length ? `${violations.length} violations` : 'no violation');
  return lines;
}

const planned = (rounds) => rounds.reduce((sum, { faults }) => sum + faults.length, 0);

function keep({ seed, rounds, history }) {
  const folder = join(ROOT, 'target/chaos');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `seed-${seed}-faults-${planned(rounds)}.log`);
  writeFileSync(file, `${history.join('\n')}\n`);
  return file;
}
