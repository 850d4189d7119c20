/**
 * Loads one SDK in this fresh process and prints what it cost, as JSON: processor time of all threads and time passed,
 * in ms.
 *
 *     node load-one.cjs SCRIPT [MODULE]
 *
 * With a module, loading lasts until the client takes calls: the script evaluated, the module compiled and
 * instantiated.
 */
const { readFileSync } = require('node:fs');

const [script, moduleFile] = process.argv.slice(2);
// WeChat hands over the files of the code package itself.
const bytes = moduleFile && readFileSync(moduleFile);
globalThis.wx = {};
const print = console.log;
// A peer greets as it loads; Node's console would cost more than the greeting.
for (const level of Object.keys(console)) console[level] = () => {};
globalThis.WXWebAssembly = { instantiate: (_path, imports) => WebAssembly.instantiate(bytes, imports) };

const startCpu = process.cpuUsage();
const start = performance.now();
const sdk = require(script);
if (!moduleFile) tell();
else new sdk.Client().init('0123456789abcdef01234567', { gateway: 'wss://gateway.test/v1' }).then(tell);

function tell() {
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(startCpu);
  print(JSON.stringify({ cpu: (user + system) / 1000, wall }));
  process.exit(0);
}
