/**
 * Tencent's packer at work on one project, in a process of its own: it changes globals, starts workers and does not
 * end.
 *
 *     node job.cjs PROJECT OUT
 *
 * Writes into OUT a `report.json` and, in a folder for each mode, the files that it compiled.
 */

const { existsSync, mkdirSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const ci = require('miniprogram-ci');

/**
 * Both of the packer's compilers: the one of "ES6 to ES5", and the one of "enhanced compilation", which makes what is
 * uploaded.
 */
const MODES = {
  es6: (project) => ci.compile(project, { setting: { es6: true }, onProgressUpdate: () => {} }),
  enhance: (project) => ci.getCompiledResult({ project, setting: { es7: true, minify: true } }),
};

async function work(projectPath, out) {
  const project = new ci.Project({
    appid: 'wx0000000000000000',
    type: 'miniProgram',
    projectPath,
    ignores: ['node_modules/**/*'],
    // Nothing is uploaded: no key is needed, and the limits of the package are the usual ones instead of those that
    // WeChat tells.
    privateKey: 'none',
    attr: async () => ({ ...ci.DefaultProjectAttr }),
  });
  const report = {};
  if (existsSync(join(projectPath, 'package.json'))) {
    report.warnings = await ci.packNpm(project, {
      reporter: (counts) => {
        report.packages = counts;
      },
    });
  }
  Object.assign(report, await ci.analyseCode(project, { silent: true }));
  write(join(out, 'report.json'), JSON.stringify(report));
  for (const [mode, compile] of Object.entries(MODES)) {
    for (const [path, content] of Object.entries(await compile(project))) {
      if (!path.endsWith('.map')) write(join(out, mode, path), content);
    }
  }
}

function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const [projectPath, out] = process.argv.slice(2);
work(projectPath, out).then(
  () => process.exit(0),
  (error) => {
    console.error(error.stack);
    process.exit(1);
  },
);
