/** `lockholm hsm` on HSMs of a test: their address, the trust anchor and passwords in files, as a tenant has them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockholm, type Outcome, type RunOptions } from './command-line.ts';
import { ADMIN, ALICE, type TestCluster } from './hsm-cluster.ts';
import type { HostedHsm } from './hsm-host.ts';

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

  run(args: readonly string[], { env, ...options }: RunOptions = {}): Promise<Outcome> {
    const addresses = this.#hsms.map(({ address }) => `${address.host}:${address.port}`).join(',');
    const own = { LOCKHOLM_HSM: addresses, LOCKHOLM_HSM_TRUST_ANCHOR: this.path('customerCA.crt') };
    return lockholm(['hsm', ...args], { env: { ...own, ...env }, cwd: this.#cluster.folder, ...options });
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

  /** As JSON and in words. */
  async fails(code: number, message: RegExp, ...args: readonly string[]): Promise<void> {
    const words = await this.run(args);
    assert.equal(words.code, code, words.stdout + words.stderr);
    assert.match(words.stderr, message);
    assert.doesNotMatch(words.stderr, /^ {4}at /m, 'no stack');
    assert.equal(words.stdout, '');
    const json = await this.run([...args, '--json']);
    assert.equal(json.code, code);
    const answer = JSON.parse(json.stdout) as { error_code: number; data: string };
    assert.equal(answer.error_code, code);
    assert.match(answer.data, message);
  }

  async #done(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args);
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  }
}
