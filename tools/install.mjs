/**
 * Brings node_modules in line with package-lock.json, and with it the pinned Node. Does nothing when the lock file
 * is the one last installed; refuses while programs of this clone run on what would be replaced.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { Failure, inRoot, pinnedNode, run } from './project.mjs';

const modules = inRoot('node_modules');
const stamp = inRoot('node_modules', '.installed-lock');

export const ensureInstalled = async () => {
  const lock = createHash('sha256')
    .update(readFileSync(inRoot('package-lock.json')))
    .digest('hex');
  if (existsSync(pinnedNode) && existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  await refuseWhileRunning();
  console.log('Installing what package-lock.json pins, Node itself included (npm ci) ...');
  const started = Date.now();
  const { code } = await npm([
    'ci',
    '--include=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  if (code !== 0) throw new Failure(`npm ci failed (exit code ${code}); its messages are above.`);
  await checkPinnedNode();
  writeFileSync(stamp, lock);
  console.log(`Installed in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
};

/**
 * npm as it was called, run by the Node that runs it. Never by process.execPath: under `npm run` that is the pinned
 * Node in node_modules as soon as there is one, and npm ci removes it.
 */
const npm = (args) => {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  const outside = node && !node.startsWith(modules);
  return script && outside ? run(node, [script, ...args]) : run('npm', args);
};

const checkPinnedNode = async () => {
  const platform = `${process.platform}-${process.arch}`;
  if (!existsSync(pinnedNode)) {
    throw new Failure(`package.json pins no Node for ${platform}: see optionalDependencies there.`);
  }
  const { code, output } = await run(pinnedNode, ['--version'], { capture: true });
  if (code !== 0) {
    throw new Failure(
      `The pinned Node does not run on this machine (${platform}; glibc is needed):\n${output}`,
    );
  }
};

const refuseWhileRunning = async () => {
  if (!existsSync(modules)) return;
  const running = existsSync('/proc/self/exe') ? runningByProc() : await runningByPs();
  const others = running.filter(({ pid }) => pid !== process.pid);
  if (others.length === 0) return;
  throw new Failure(
    `package-lock.json has changed, so this would reinstall node_modules, but programs of this clone are running:
${others.map(({ pid, command }) => `  process ${pid}: ${command}`).join('\n')}
Stop them first (a server: Ctrl-C where it runs, or kill -TERM <process id>), then try again.`,
  );
};

/** Linux: processes whose executable is, or was, in this clone's node_modules. */
const runningByProc = () =>
  readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((name) => {
      try {
        if (!readlinkSync(`/proc/${name}/exe`).startsWith(`${modules}/`)) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').join(' ').trim();
        return [{ pid: Number(name), command }];
      } catch {
        return []; // Ended meanwhile, or another user's.
      }
    });

/** Elsewhere: processes whose command line names this clone's node_modules. */
const runningByPs = async () => {
  const { output } = await run('ps', ['-axo', 'pid=,command='], { capture: true });
  return output
    .split('\n')
    .map((line) => /^\s*([0-9]+)\s+(.*)$/.exec(line))
    .filter((match) => match?.[2]?.includes(`${modules}/`))
    .map((match) => ({ pid: Number(match[1]), command: match[2] }));
};
