/** A running server with a key under alias/files, and a folder to encrypt files in. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateAliasCommand, CreateKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { clientEnvironment, kmsClient } from '../clients/environment.ts';
import { startServer } from '../support/server.ts';
import { defaultAlias, type Job, type Program, type Run, runProgram } from './programs.ts';

export class Workshop {
  readonly kms: KMSClient;
  readonly env: Record<string, string>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'lockholm-examples-'));
  readonly #server: Awaited<ReturnType<typeof startServer>>;
  #files = 0;

  static async open(): Promise<Workshop> {
    const workshop = new Workshop(await startServer());
    await workshop.createKey(defaultAlias);
    return workshop;
  }

  private constructor(server: Awaited<ReturnType<typeof startServer>>) {
    this.#server = server;
    this.kms = kmsClient(server);
    this.env = clientEnvironment(server);
  }

  async createKey(alias: string): Promise<string> {
    const { KeyMetadata } = await this.kms.send(new CreateKeyCommand({}));
    const keyId = KeyMetadata?.KeyId ?? '';
    await this.kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: keyId }));
    return keyId;
  }

  /** A path of its own, in a folder of its own. */
  path(name: string): string {
    this.#files += 1;
    return join(mkdtempSync(join(this.#folder, `${this.#files}-`)), name);
  }

  write(bytes: Uint8Array): string {
    const path = this.path('file');
    writeFileSync(path, bytes);
    return path;
  }

  run(program: Program, job: Job): Promise<Run> {
    return runProgram(program, this.env, job);
  }

  async encrypt(program: Program, source: string, job: Partial<Job> = {}): Promise<string> {
    return this.#succeed(program, { action: 'encrypt', source, target: this.path('encrypted'), ...job });
  }

  async decrypt(program: Program, source: string, job: Partial<Job> = {}): Promise<Buffer> {
    const target = await this.#succeed(program, {
      action: 'decrypt',
      source,
      target: this.path('plain'),
      ...job,
    });
    return readFileSync(target);
  }

  /** Refused: an error, no target, nothing left over. */
  async refuse(program: Program, source: string, job: Partial<Job> = {}): Promise<string> {
    const target = this.path('plain');
    const { code, errors } = await this.run(program, { action: 'decrypt', source, target, ...job });
    assert.notEqual(code, 0);
    assert.notEqual(errors.trim(), '');
    assert.deepEqual(readdirSync(join(target, '..')), []);
    return errors;
  }

  async close(): Promise<void> {
    this.kms.destroy();
    await this.#server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #succeed(program: Program, job: Job): Promise<string> {
    const { code, errors } = await this.run(program, job);
    assert.equal(code, 0, errors);
    assert.deepEqual(readdirSync(join(job.target, '..')).length, 1);
    return job.target;
  }
}
