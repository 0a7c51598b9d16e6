/**
 * What a new data folder gets, so that clients can use the server at once: an account, and its root access key in
 * files that AWS clients read. The secret is in one reply of an engine and in that file, nowhere else; a server that
 * died between the two makes another key at its next start. Files that somebody removed later stay removed.
 */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Region, rootArn } from '../core/ids.ts';
import type { Engine } from '../engine/protocol/messages.ts';
import { type AccessKey, type NewAccessKey, newRootAccessKey } from '../identity/access-keys.ts';
import { FIRST_ACCOUNT, newAccount } from '../identity/accounts.ts';
import { credentialsSection } from '../operator/aws-files.ts';
import { commitWithEvent, type EventParts, ownEvent } from '../operator/own-event.ts';
import { readIfThere, writeFileDurable } from '../store/durable-file.ts';
import type { Rows, RowsChange, Stored } from '../store/rows-contract.ts';
import type { Log } from '../wire/log.ts';
import { keepClientConfig, writeClientConfig } from './client-config.ts';

export interface FirstStartParts {
  readonly rows: Rows;
  readonly engine: Engine;
  readonly events: EventParts;
  readonly data: string;
  /** As clients on this machine address it. */
  readonly endpoint: string;
  /** The one that clients get by default. */
  readonly region: Region;
  readonly log: Log;
}

interface FirstKey {
  readonly accessKeyId: string;
  /** The files were written: from then on they are the user's. */
  readonly written: boolean;
}

const ACCOUNT_NAME = 'default';
const place = { table: 'setting', id: 'first-access-key' } as const;

/** At each start, once the server listens. */
export async function prepareClients(parts: FirstStartParts): Promise<void> {
  const { rows, data } = parts;
  const first = await rows.get<FirstKey>(place.table, place.id);
  if (first?.value.written) return keepClientConfig(parts);
  if (first === undefined) await createFirstAccount(parts);
  else if (!(await holdsKey(data, first.value.accessKeyId))) await replaceFirstKey(parts, first);
  await writeClientConfig(parts);
  await markWritten(rows);
}

const credentialsPath = (data: string): string => join(data, 'credentials');

async function createFirstAccount(parts: FirstStartParts): Promise<void> {
  const { accessKey, change } = await newAccount(
    parts.engine,
    parts.events.clock,
    FIRST_ACCOUNT,
    ACCOUNT_NAME,
  );
  await commit(parts, 'CreateAccount', accessKey, 1, change);
}

/** Nobody has the secret of the key before it: its only copy was lost. */
async function replaceFirstKey(parts: FirstStartParts, first: Stored<FirstKey>): Promise<void> {
  const { rows, engine, events } = parts;
  const accessKey = await newRootAccessKey(engine, events.clock, FIRST_ACCOUNT);
  const lost = await rows.get<AccessKey>('access-key', first.value.accessKeyId);
  const deactivated = lost && {
    table: 'access-key' as const,
    id: lost.id,
    version: lost.version + 1,
    value: { ...lost.value, status: 'Inactive' as const },
  };
  const put = [accessKey.row, ...(deactivated === undefined ? [] : [deactivated])];
  await commit(parts, 'CreateAccessKey', accessKey, first.version + 1, { put });
}

async function commit(
  { rows, events, data, log }: FirstStartParts,
  name: 'CreateAccount' | 'CreateAccessKey',
  accessKey: NewAccessKey,
  version: number,
  change: RowsChange,
): Promise<void> {
  const { accessKeyId, secret } = accessKey;
  const facts = { accountId: FIRST_ACCOUNT, accessKeyId };
  const marker = { ...place, version, value: { accessKeyId, written: false } satisfies FirstKey };
  await setAside(data, log);
  await commitWithEvent(events, ownEvent(events, name, facts, [rootArn(FIRST_ACCOUNT)]), (event) =>
    rows.commit({ ...change, put: [...(change.put ?? []), marker], event }),
  );
  const section = credentialsSection('default', { accessKeyId, secretAccessKey: secret });
  await writeFileDurable(credentialsPath(data), section, 0o600);
  log.info('made a root access key', { account: FIRST_ACCOUNT, accessKeyId, file: credentialsPath(data) });
}

/** A file that is no work of ours is kept under another name. */
async function setAside(data: string, log: Log): Promise<void> {
  const path = credentialsPath(data);
  if ((await readIfThere(path)) === undefined) return;
  const kept = `${path}.${Date.now()}.old`;
  await rename(path, kept);
  log.warn('a credentials file was there before the first access key: it is kept', { file: kept });
}

/** It was written whole or not at all. */
async function holdsKey(data: string, accessKeyId: string): Promise<boolean> {
  const text = await readIfThere(credentialsPath(data));
  return text?.split('\n').includes(`aws_access_key_id = ${accessKeyId}`) ?? false;
}

async function markWritten(rows: Rows): Promise<void> {
  const first = await rows.get<FirstKey>(place.table, place.id);
  if (first === undefined) throw new Error('the row of the first access key is gone');
  const value: FirstKey = { ...first.value, written: true };
  await rows.commit({ put: [{ ...place, version: first.version + 1, value }] });
}
