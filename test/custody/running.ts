/**
 * A running server for the worked cases: people declared as docs/custody.md has them, keys made by the stock SDK, answers
 * read from `lockholm custody`. A case of HSMs is one more `arrange` of worked-cases-running.test.ts.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import type { Report, SubjectReport } from '../../src/custody/report/report.ts';
import { temporaryFolder } from '../operator/node.ts';
import { lockholm, type Outcome } from '../support/command-line.ts';
import { startServer } from '../support/server.ts';

export const custodians = ['Ann', 'Bob', 'Cem'];

const by = { 'declared-by': 'A', 'declared-at': '2026-11-24' };
/** Two of three custodians let staff use a key. */
export const approvals = [
  ...custodians.map((party) => ({ fact: 'party', party, kind: 'approver', owner: 'operator', ...by })),
  { fact: 'approve', act: 'use', group: custodians, k: 2, ...by },
];

export interface RunningServer {
  readonly folder: string;
  readonly data: string;
  readonly kms: KMSClient;
  readonly endpoint: string;
  readonly credentialsFile: string;
  readonly configFile: string;
  /** `lockholm custody <args>` on this server. */
  custody(...args: readonly string[]): Promise<Outcome>;
  command(...args: readonly string[]): Promise<Outcome>;
  report(subject?: string): Promise<Report>;
  /** `material / use` of the actors. */
  cells(subject: string, actors: readonly string[]): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startRunning(facts: readonly object[] = approvals): Promise<RunningServer> {
  const folder = await temporaryFolder();
  const config = join(folder.path, 'lockholm.yaml');
  await writeFile(config, JSON.stringify({ facts }));
  const server = await startServer({ data: join(folder.path, 'data'), args: ['--config', config] });
  const text = await readFile(server.credentialsFile, 'utf8');
  const value = (name: string): string => new RegExp(`^${name} = (.*)$`, 'm').exec(text)?.[1] ?? '';
  const kms = new KMSClient({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: {
      accessKeyId: value('aws_access_key_id'),
      secretAccessKey: value('aws_secret_access_key'),
    },
  });
  const command = (...args: readonly string[]) => lockholm([...args, '--data', server.data]);
  const custody = (...args: readonly string[]) => command('custody', ...args);
  const report = async (subject?: string): Promise<Report> => {
    const { code, stdout, stderr } = await custody('report', ...(subject ? [subject] : []), '--json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Report;
  };
  return {
    folder: folder.path,
    data: server.data,
    kms,
    endpoint: server.endpoint,
    credentialsFile: server.credentialsFile,
    configFile: server.configFile,
    custody,
    command,
    report,
    async cells(subject, actors) {
      const [found] = (await report(subject)).subjects;
      return reportedCells(found, actors);
    },
    async stop() {
      kms.destroy();
      await server.stop();
      await folder.remove();
    },
  };
}

/** `material / use` of the actors, of one subject of a report. */
export const reportedCells = (
  subject: SubjectReport | undefined,
  actors: readonly string[],
): readonly string[] =>
  actors.map((actor) => {
    const row = subject?.rows.find(({ actor: { id } }) => id === actor);
    return `${row?.cells.M.text} / ${row?.cells.U.text}`;
  });
