/**
 * The chaos run as a program:
 *
 *     node tests/chaos/chaos.mjs --faults 100 --seed 1
 *
 * Ends with status 0 when every fault was survived and no event was lost or repeated.
 */

import { parseArgs } from 'node:util';

import { chaos } from './spectacle.mjs';

const values = read();
const faults = Number(values.faults);
const seed = values.seed === undefined ? Math.floor(Math.random() * 0xffffffff) : Number(values.seed);
if (!Number.isInteger(faults) || faults < 1) fail('--faults needs a positive whole number');
if (!Number.isInteger(seed) || seed < 0) fail('--seed needs a whole number, 0 or more');

const { violations } = await chaos({ faults, seed, say: (line) => console.log(line) });
process.exit(violations.length ? 1 : 0);

function read() {
  try {
    return parseArgs({ options: { faults: { type: 'string', default: '100' }, seed: { type: 'string' } } }).values;
  } catch (error) {
    return fail(`${error.message}. Give --faults N and --seed S`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
