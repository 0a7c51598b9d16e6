/** A small clone to try the tools in: its package-lock.json, its `npm`, its Node and its server are of the test's making. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const tools = join(import.meta.dirname, '..', '..', 'tools');

/** Stands in for `npm ci`: notes that it was called, and links the Node that runs these tests. */
const npmScript = `
import { appendFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
mkdirSync('node_modules/.bin', { recursive: true });
if (!existsSync('node_modules/.bin/node')) symlinkSync(${JSON.stringify(process.execPath)}, 'node_modules/.bin/node');
`;

/**
 * Stands in for the server: says its arguments, signals and that its starter is gone, and ends 300 ms after the first
 * of these with exit code 7.
 */
const serverScript = `
const alive = setInterval(() => undefined, 1000);
for (const signal of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(signal, () => {
  process.stdout.write(signal + '\\n');
  setTimeout(() => { clearInterval(alive); process.exit(7); }, 300);
});
process.stdout.write('serving ' + JSON.stringify(process.argv.slice(2)) + '\\n');
`;

export class Clone {
  readonly path = join(mkdtempSync(join(tmpdir(), 'lockholm-tools-')), 'a clone');

  constructor() {
    mkdirSync(join(this.path, 'src'), { recursive: true });
    cpSync(tools, join(this.path, 'tools'), { recursive: true, filter: (path) => !path.includes('models') });
    this.write('package-lock.json', '{"lockfileVersion":3}');
    this.write('package.json', '{"type":"module"}');
    this.write('npm.mjs', npmScript);
    this.write('src/main.ts', serverScript);
    this.write('tools/tour/main.ts', serverScript);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }

  npmCalls(): readonly string[] {
    return readFileSync(join(this.path, 'npm-calls'), 'utf8').trimEnd().split('\n');
  }

  /** Starts tools/up.mjs as `npm run up` would. */
  up(...args: readonly string[]): ChildProcessWithoutNullStreams {
    return this.#spawn(process.execPath, [join(this.path, 'tools', 'up.mjs'), ...args]);
  }

  /** Likewise tools/tour.mjs. */
  tour(...args: readonly string[]): ChildProcessWithoutNullStreams {
    return this.#spawn(process.execPath, [join(this.path, 'tools', 'tour.mjs'), ...args]);
  }

  /** As `up`, by a shell in between that does not pass on signals, as npm does it. */
  upByShell(): ChildProcessWithoutNullStreams {
    return this.#spawn('sh', [
      '-c',
      '"$0" "$1"; exit $?',
      process.execPath,
      join(this.path, 'tools', 'up.mjs'),
    ]);
  }

  #spawn(program: string, args: readonly string[]): ChildProcessWithoutNullStreams {
    const npm = {
      npm_execpath: join(this.path, 'npm.mjs'),
      npm_node_execpath: process.execPath,
      npm_lifecycle_event: 'up',
    };
    return spawn(program, args, { cwd: tmpdir(), env: { ...process.env, ...npm } });
  }

  remove(): void {
    rmSync(join(this.path, '..'), { recursive: true, force: true });
  }
}
