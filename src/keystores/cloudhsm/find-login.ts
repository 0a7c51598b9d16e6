/** A login with one of the stored passwords of a store, to any HSM of its cluster. */
import { setTimeout as wait } from 'node:timers/promises';
import { HsmError } from '../../hsm/protocol/errors.ts';
import type { HsmClusters, HsmMember } from '../../kms/hsm-clusters.ts';
import type { CredentialName, KeyStoreRecord } from '../../kms/key-store.ts';
import type { Credentials } from './credentials.ts';
import { type ConnectionFailure, connectionFailure, isRefusal, noCluster, noHsm } from './failures.ts';
import { dial, type Login, logIn } from './login.ts';

export interface FindLoginParts {
  readonly clusters: HsmClusters;
  readonly credentials: Credentials;
}

/** `with`: the stored password that the HSMs take. */
interface StoredLogin {
  readonly login: Login;
  readonly with: CredentialName;
}
export type FoundLogin = StoredLogin | { readonly failure: ConnectionFailure };

export type Password = readonly [CredentialName, string];

/** A connection that a killed front had is gone from its HSM a moment later. */
const ALONE_TRIES = 10;
const ALONE_MS = 200;

/** The caller closes the connection. */
export async function findLogin(
  store: KeyStoreRecord,
  { clusters, credentials }: FindLoginParts,
  alone: boolean,
): Promise<FoundLogin> {
  const cluster = await clusters.find(store, store.clusterId);
  if (cluster === undefined) return { failure: noCluster };
  if (cluster.hsms.length === 0) return { failure: noHsm };
  const passwords = await storedPasswords(store, credentials);
  const errors: HsmError[] = [];
  for (const hsm of cluster.hsms) {
    try {
      return await logInTo(hsm, store, passwords, alone);
    } catch (error) {
      if (!(error instanceof HsmError)) throw error;
      errors.push(error);
      if (isRefusal(error)) break;
    }
  }
  return { failure: connectionFailure(errors) };
}

/** The one that may have been set last comes first: what a kill left in the middle of a change goes on there. */
export async function storedPasswords(
  store: KeyStoreRecord,
  credentials: Credentials,
): Promise<readonly Password[]> {
  const passwords: Password[] = [];
  for (const name of ['next', 'current'] as const) {
    const password = await credentials.password(store, name);
    if (password !== undefined) passwords.push([name, password]);
  }
  return passwords;
}

/** The caller closes the connection. Rejects with HsmError. */
export async function logInTo(
  hsm: HsmMember,
  store: KeyStoreRecord,
  passwords: readonly Password[],
  alone: boolean,
): Promise<StoredLogin> {
  const connection = await dial(hsm, store);
  try {
    for (const [name, password] of passwords) {
      const login = await logInIfRight(connection, password, alone);
      if (login !== undefined) return { login, with: name };
    }
    throw new HsmError('wrong-credential', 'the HSM takes no password that is stored');
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function logInIfRight(
  connection: Login['connection'],
  password: string,
  alone: boolean,
): Promise<Login | undefined> {
  try {
    return await logInAlone(connection, password, alone);
  } catch (error) {
    if (error instanceof HsmError && error.code === 'wrong-credential') return undefined;
    throw error;
  }
}

async function logInAlone(connection: Login['connection'], password: string, alone: boolean): Promise<Login> {
  for (let tries = 1; ; tries++) {
    try {
      return await logIn(connection, password, alone);
    } catch (error) {
      const elsewhere = error instanceof HsmError && error.code === 'user-logged-in';
      if (!elsewhere || tries === ALONE_TRIES) throw error;
      await wait(ALONE_MS);
    }
  }
}
