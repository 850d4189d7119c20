/** The console of the app: what it prints becomes an event, with the query of URLs hidden. */

import { formatWithOptions } from 'node:util';
import { redact } from '../redact.js';

const LEVELS = ['debug', 'log', 'info', 'warn', 'error'];

/**
 * @param {(level: string, message: string) => void} print
 * @returns {Record<string, (...values: unknown[]) => void>}
 */
export function createConsole(print) {
  const methods = {};
  for (const level of LEVELS) {
    methods[level] = (...values) => print(level, redact(formatWithOptions({ depth: 4 }, ...values)));
  }
  methods.group = (...values) => methods.log(...values);
  methods.groupEnd = () => {};
  return methods;
}
