/** `lockholm hsm` on HSMs of a test: their address, the trust anchor and passwords in files, as a tenant has them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { registerHsm } from '../../src/cli/hsm.ts';
import { resolveDataFolders } from '../../src/cli/program.ts';
import { inThisProcess, lockholm, type Outcome, type RunOptions } from './command-line.ts';
import { ADMIN, ALICE, type TestCluster } from './hsm-cluster.ts';
import type { HostedHsm } from './hsm-host.ts';

/** As src/main.ts has it. */
function registerCommands(program: Command): void {
  registerHsm(program);
  resolveDataFolders(program, ({ data = 'data' }) => data);
}

export class HsmCommands {
  readonly #cluster: TestCluster;
  readonly #hsms: readonly HostedHsm[];

  constructor(cluster: TestCluster, ...hsms: readonly HostedHsm[]) {
    this.#cluster = cluster;
    this.#hsms = hsms;
    this.write('customerCA.crt', cluster.ca.certificate);
    this.write('admin.txt', `${ADMIN.password}\n`);
    this.write('alice.txt', `${ALICE.password}\n`);
  }

  path(name: string): string {
    return join(this.#cluster.folder, name);
  }
  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.path(name), content, { mode: 0o600 });
    return this.path(name);
  }

  /** As a process of its own where something is on standard input; else in this one, which is quicker. */
  run(args: readonly string[], { env, input }: RunOptions = {}): Promise<Outcome> {
    const addresses = this.#hsms.map(({ address }) => `${address.host}:${address.port}`).join(',');
    const own = {
      ...(addresses !== '' && { LOCKHOLM_HSM: addresses }),
      LOCKHOLM_HSM_TRUST_ANCHOR: this.path('customerCA.crt'),
    };
    const [given, cwd] = [['hsm', ...args], this.#cluster.folder];
    const options = { env: { ...own, ...env }, cwd };
    return input === undefined
      ? inThisProcess(registerCommands, given, options)
      : lockholm(given, { ...options, input });
  }
  admin = (...args: readonly string[]) =>
    this.#done([...args, '--user', 'admin', '--password-file', 'admin.txt']);
  alice = (...args: readonly string[]) =>
    this.#done([...args, '--user', 'alice', '--password-file', 'alice.txt']);

  /** The data of the answer. */
  async json<T>(...args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, '--json']);
    assert.equal(code, 0, stdout + stderr);
    const { error_code, data } = JSON.parse(stdout) as { error_code: number; data: T };
    assert.equal(error_code, 0);
    return data;
  }
  aliceJson = <T>(...args: readonly string[]) =>
    this.json<T>(...args, '--user', 'alice', '--password-file', 'alice.txt');
  adminJson = <T>(...args: readonly string[]) =>
    this.json<T>(...args, '--user', 'admin', '--password-file', 'admin.txt');

  async fails(code: number, message: RegExp, ...args: readonly string[]): Promise<void> {
    const outcome = await this.run(args);
    assert.equal(outcome.code, code, outcome.stdout + outcome.stderr);
    assert.match(outcome.stderr, message);
    assert.doesNotMatch(outcome.stderr, /^ {4}at /m, 'no stack');
    assert.equal(outcome.stdout, '');
  }

  /** Likewise, as JSON. */
  async failsInJson(code: number, message: RegExp, ...args: readonly string[]): Promise<void> {
    const { stdout, ...outcome } = await this.run([...args, '--json']);
    assert.deepEqual([outcome.code, outcome.stderr], [code, '']);
    const { error_code, data } = JSON.parse(stdout) as { error_code: number; data: string };
    assert.equal(error_code, code);
    assert.match(data, message);
  }

  async #done(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args);
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  }
}
