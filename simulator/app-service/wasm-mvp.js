/** The check for strict WebAssembly MVP: a module is refused when it needs any later feature except mutable globals. */

import { createHash } from 'node:crypto';
import loadWabt from 'wabt';

const FEATURES = {
  mutable_globals: true,
  exceptions: false,
  sat_float_to_int: false,
  sign_extension: false,
  simd: false,
  threads: false,
  function_references: false,
  multi_value: false,
  tail_call: false,
  bulk_memory: false,
  reference_types: false,
  annotations: false,
  code_metadata: false,
  gc: false,
  memory64: false,
  multi_memory: false,
  extended_const: false,
  relaxed_simd: false,
  custom_page_sizes: false,
  compact_imports: false,
};

/** @type {Promise<any> | undefined} */
let wabt;
/** @type {Map<string, string | null>} reason by digest of the module */
const verdicts = new Map();

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<string | null>} why the module is refused, null when it is strict MVP
 */
export async function whyNotMvp(bytes) {
  const digest = createHash('sha256').update(bytes).digest('hex');
  const known = verdicts.get(digest);
  if (known !== undefined) return known;
  wabt ??= loadWabt();
  const tools = await wabt;
  let reason = null;
  let module;
  try {
    module = tools.readWasm(new Uint8Array(bytes), { readDebugNames: false, ...FEATURES });
    module.validate();
  } catch (error) {
    reason =
      String(error.message)
        .split('\n')
        .find((line) => line.includes('error')) ?? String(error.message).split('\n')[0];
  } finally {
    module?.destroy();
  }
  verdicts.set(digest, reason);
  return reason;
}
