/** What a message's handler is, and the entry of the audit log that a refused one leaves. */
import type { Keys } from '../keys.ts';
import type { Opcode } from '../protocol/audit.ts';
import { HsmError } from '../protocol/errors.ts';
import type { MessageName, ReplyOf, RequestOf } from '../protocol/messages.ts';
import type { Session } from '../sessions.ts';
import type { Unlocked } from '../unlocked.ts';
import type { Users } from '../users.ts';

export interface Hsm {
  readonly hsm: Unlocked;
  readonly users: Users;
  readonly keys: Keys;
}

/** Names of handled messages; each gets a session of a role that may send it. */
export type Operations<N extends MessageName> = {
  readonly [K in N]: (request: RequestOf<K>, session: Session) => ReplyOf<K> | Promise<ReplyOf<K>>;
};

/** Entries of what was done are written by the operations, before it is done. */
export const refusalOpcodes: Partial<Record<MessageName, Opcode>> = {
  createUser: 'CREATE_USER',
  deleteUser: 'DELETE_USER',
  changePassword: 'CHANGE_PASSWORD',
  discardPassword: 'DISCARD_PASSWORD',
  approveMember: 'APPROVE_MEMBER',
  replaceUnlockCode: 'REPLACE_UNLOCK_CODE',
  confirmUnlockCode: 'CONFIRM_UNLOCK_CODE',
  setMode: 'SET_MODE',
  setTamperAnswer: 'SET_TAMPER_ANSWER',
  zeroize: 'ZEROIZE',
  generateKey: 'GENERATE_KEY',
  deleteKey: 'DELETE_KEY',
  shareKey: 'SHARE_KEY',
  unshareKey: 'UNSHARE_KEY',
  importPublicKey: 'IMPORT_PUBLIC_KEY',
  wrapKey: 'WRAP_KEY',
  unwrapKey: 'UNWRAP_KEY',
};

/** A value by its index in a request. Throws `refused`. */
export function at<T>(values: readonly T[], index: number, what: string): T {
  const value = values[index];
  if (value === undefined) throw new HsmError('refused', `no such ${what}`);
  return value;
}
