/** The languages of the token makers: how each runs its driver and the command of the README. */

import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { temporaryFolder } from '../folder.mjs';

const MAKERS = fileURLToPath(new URL('../../examples/token-server/', import.meta.url));
const DRIVERS = fileURLToPath(new URL('drivers/', import.meta.url));

// Nothing is fetched, neither a module nor a newer Go.
const GO = { GOFLAGS: '-mod=mod', GOPROXY: 'off', GOTOOLCHAIN: 'local' };

/** @typedef {{ run: string[], in?: string, env?: Record<string, string> }} Command `in`: the folder that it runs in */

/** @type {{ name: string, probes: string[][], drive: (t: any) => Command, command: Command }[]} */
export const LANGUAGES = [
  {
    name: 'Node',
    probes: [['node', '--version']],
    drive: () => ({ run: ['node', 'node.mjs'] }),
    command: { run: ['node', 'node/token.mjs'] },
  },
  {
    name: 'Python',
    probes: [['python3', '--version']],
    drive: () => ({ run: ['python3', 'drive.py'] }),
    command: { run: ['python3', 'python/access_token.py'] },
  },
  {
    name: 'Go',
    probes: [['go', 'version']],
    drive: () => ({ run: ['go', 'run', '.'], in: join(DRIVERS, 'go'), env: GO }),
    command: { run: ['go', 'run', './cmd/token'], in: join(MAKERS, 'go'), env: GO },
  },
  {
    name: 'Java',
    probes: [
      ['javac', '--version'],
      ['java', '--version'],
    ],
    drive: (t) => {
      const folder = temporaryFolder(t, 'java');
      execFileSync('javac', [
        '--release',
        '8',
        '-Xlint:-options',
        '-d',
        folder,
        join(MAKERS, 'java/AccessToken.java'),
        join(DRIVERS, 'Drive.java'),
      ]);
      return { run: ['java', '-cp', folder, 'Drive'] };
    },
    command: { run: ['java', 'java/AccessToken.java'] },
  },
  {
    name: 'PHP',
    probes: [['php', '--version']],
    drive: () => ({ run: ['php', 'drive.php'] }),
    command: { run: ['php', 'php/access_token.php'] },
  },
];

/** @returns {string | undefined} why this machine cannot run the language */
export function hindrance({ probes }) {
  // A program may be there only to say how to install it.
  const lacked = probes.find(([program, word]) => spawnSync(program, [word], { stdio: 'ignore' }).status !== 0);
  return lacked && `not run: \`${lacked.join(' ')}\` fails; install ${lacked[0]} to have it tried`;
}

/** @param {string[]} lines claims @returns {string[]} what the language's driver answers to each */
export function answersTo(lines, language, t) {
  const { run, in: folder = DRIVERS, env } = language.drive(t);
  return execute(run, folder, env, `${lines.join('\n')}\n`).split('\n');
}

/** Runs the command that the README shows. */
export function commandOf(language, { id, key }, room, user) {
  const { run, in: folder = MAKERS, env } = language.command;
  return execute([...run, room, user], folder, { ...env, MINIAPP_RTC_APP_ID: id, MINIAPP_RTC_APP_KEY: key });
}

function execute([program, ...words], cwd, env, input = '') {
  return execFileSync(program, words, { cwd, input, env: { ...process.env, ...env }, encoding: 'utf8' }).trimEnd();
}
