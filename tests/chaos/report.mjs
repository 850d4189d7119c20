/** The report of a run: what was survived, how soon, and what was heard, as a table for people. */

/**
 * @typedef {{ kind: string, struck: number, survived: boolean, signalingMs: number | null, videoMs: number | null }}
 *   Outcome `struck`: connections, phones or gateways; who struck nothing was not survived; `null`: not struck
 */

/** Kinds of which no fault struck anything. @param {Outcome[]} outcomes */
export function idle(outcomes) {
  const kinds = [...new Set(outcomes.map(({ kind }) => kind))];
  return kinds.filter((name) => outcomes.every(({ kind, struck }) => kind !== name || !struck));
}

/** What came of a fault. @param {Outcome} outcome */
export function word({ struck, survived }) {
  if (!struck) return 'struck nothing';
  return survived ? 'ok  ' : 'LOST';
}

/**
 * @param {Outcome[]} outcomes
 * @returns {string[]} lines
 */
export function table(outcomes) {
  const head = [
    'fault',
    'count',
    'survived',
    'struck nothing',
    'signaling p50',
    'p99',
    'worst',
    'video p50',
    'p99',
    'worst',
  ];
  const kinds = [...new Set(outcomes.map(({ kind }) => kind))].sort();
  const rows = [
    ...kinds.map((kind) =>
      row(
        kind,
        outcomes.filter((outcome) => outcome.kind === kind),
      ),
    ),
    row('all', outcomes),
  ];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((cells) => cells[column].length)));
  const line = (cells) =>
    cells.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join('  ');
  const rule = '-'.repeat(line(head).length);
  return [line(head), rule, ...rows.slice(0, -1).map(line), rule, line(rows.at(-1))];
}

function row(name, outcomes) {
  const survived = outcomes.filter((outcome) => outcome.survived);
  const times = (which) => survived.map((outcome) => outcome[which]).filter((time) => time !== null);
  return [
    name,
    String(outcomes.length),
    String(survived.length),
    String(outcomes.filter(({ struck }) => !struck).length),
    ...spread(times('signalingMs')),
    ...spread(times('videoMs')),
  ];
}

/** @param {number | null} milliseconds */
export function seconds(milliseconds) {
  return milliseconds === null ? '-' : `${(milliseconds / 1000).toFixed(2)} s`;
}

/** Half of the times are not above the first, 99 % not above the second, none above the third. */
export function spread(times) {
  if (!times.length) return ['-', '-', '-'];
  const sorted = times.toSorted((one, other) => one - other);
  return [percentile(sorted, 50), percentile(sorted, 99), sorted.at(-1)].map(seconds);
}

/** The least value that at least so many per cent do not exceed. */
export function percentile(sorted, percent) {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}
