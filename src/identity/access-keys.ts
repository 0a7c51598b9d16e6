/**
 * Access keys: rows of the table `access-key`, by access key id. The secret is a token that only an engine opens;
 * it is in clear once, in the reply that creates it.
 */
import { randomInt } from 'node:crypto';
import type { Caller } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import { type AccountId, PARTITION, rootArn } from '../core/ids.ts';
import { type Binding, encodeBinding } from '../engine/protocol/binding.ts';
import type { Engine } from '../engine/protocol/messages.ts';
import type { RowsChange } from '../store/rows-contract.ts';

export interface AccessKey {
  readonly account: AccountId;
  readonly principal: string;
  readonly type: 'Root';
  readonly status: 'Active' | 'Inactive';
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** Base64. */
  readonly token: string;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const RANDOM_CHARACTERS = 16;

/** In AWS's form: AKIA and 16 characters of base32, 80 random bits. */
export function newAccessKeyId(): string {
  let id = 'AKIA';
  for (let i = 0; i < RANDOM_CHARACTERS; i++) id += BASE32[randomInt(BASE32.length)];
  return id;
}

export const accessKeyBinding = (accessKeyId: string, account: AccountId): Binding => ({
  kind: 'access-key-secret',
  partition: PARTITION,
  account,
  region: '*',
  keyId: accessKeyId,
  materialId: '',
  keySpec: '',
  usage: '',
  origin: '',
});

export interface NewAccessKey {
  readonly accessKeyId: string;
  /** To be shown once, and never stored or logged. */
  readonly secret: string;
  /** Creates the key when committed. */
  readonly row: NonNullable<RowsChange['put']>[number] & { readonly value: AccessKey };
}

/** Has an engine make the secret of an access key for the root user of an account. */
export async function newRootAccessKey(
  engine: Engine,
  clock: Clock,
  account: AccountId,
): Promise<NewAccessKey> {
  const accessKeyId = newAccessKeyId();
  const binding = encodeBinding(accessKeyBinding(accessKeyId, account));
  const { token, secret } = await engine.call('createAccessKey', { binding });
  const value: AccessKey = {
    account,
    principal: rootArn(account),
    type: 'Root',
    status: 'Active',
    created: clock.now(),
    token: Buffer.from(token).toString('base64'),
  };
  return { accessKeyId, secret, row: { table: 'access-key', id: accessKeyId, version: 1, value } };
}

/** The root user has its account's id as its principal id (IAM user guide, "CloudTrail userIdentity"). */
export const callerOf = (accessKeyId: string, key: AccessKey): Caller =>
  Object.freeze({
    type: key.type,
    account: key.account,
    arn: key.principal,
    principalId: key.account,
    accessKeyId,
  });
