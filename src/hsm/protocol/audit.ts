/**
 * The audit log of an HSM (docs/formats/hsm-store.md, "Audit log"): lines of canonical JSON, a tab and a signature, each
 * with the hash of the line before it. Signed by the HSM's identity key; `-` where it had none (locked, zeroized): the
 * next signature covers such lines through the chain.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { canonicalJson } from '../../core/canonical-json.ts';

export const AUDIT_PREFIX = 'lockholm-hsm-audit-v1\0';
export const UNSIGNED = '-';
export const FIRST_PREVIOUS = '0'.repeat(64);

export const opcodes = [
  'START',
  'IDENTITY',
  'INITIALIZE',
  'ACTIVATE',
  'UNLOCK',
  'LOGIN',
  'LOGOUT',
  'CREATE_USER',
  'DELETE_USER',
  'CHANGE_PASSWORD',
  'DISCARD_PASSWORD',
  'LOCK_USER',
  'APPROVE_MEMBER',
  'REMOVE_MEMBER',
  'MEMBER_JOINED',
  'REPLACE_UNLOCK_CODE',
  'CONFIRM_UNLOCK_CODE',
  'SET_MODE',
  'SET_TAMPER_ANSWER',
  'GENERATE_KEY',
  'DELETE_KEY',
  'SHARE_KEY',
  'UNSHARE_KEY',
  'IMPORT_PUBLIC_KEY',
  'WRAP_KEY',
  'UNWRAP_KEY',
  'KEY_USES',
  'BACKUP',
  'RESTORE',
  'STORE_REPAIRED',
  'TAMPERED',
  'HALT',
  'ZEROIZE',
  'STOP',
] as const;
export type Opcode = (typeof opcodes)[number];

/** What an HSM does without its keys, and cannot sign. */
const withoutKeys: readonly Opcode[] = ['START', 'UNLOCK', 'TAMPERED', 'HALT', 'ZEROIZE', 'STOP'];
export const needsNoKey = (opcode: Opcode): boolean => withoutKeys.includes(opcode);

export interface AuditEntry {
  readonly sequence: number;
  /** Starts of this HSM so far. */
  readonly boot: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly opcode: Opcode;
  /** `ok`, or the code of the error. */
  readonly result: string;
  readonly user?: string;
  /** Handle. */
  readonly key?: string;
  readonly details?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** SHA-256 of the line before, without its newline; zeros in the first. */
  readonly previous: string;
}

export const lineHash = (line: string): string => createHash('sha256').update(line).digest('hex');

export const auditLine = (entry: AuditEntry, sign: ((signed: Buffer) => Buffer) | undefined): string => {
  const json = canonicalJson(entry);
  const signature = sign?.(Buffer.from(AUDIT_PREFIX + json)).toString('base64') ?? UNSIGNED;
  return `${json}\t${signature}`;
};

/** Undefined when the line is no entry. */
export function readAuditLine(line: string): AuditEntry | undefined {
  const [json = '', signature = '', ...rest] = line.split('\t');
  if (signature === '' || rest.length > 0) return undefined;
  try {
    const entry = JSON.parse(json) as AuditEntry;
    return Number.isSafeInteger(entry.sequence) && typeof entry.previous === 'string' ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** `at`: the sequence of the first line that does not follow from those before it. */
export type AuditProblem = { readonly at: number; readonly problem: 'form' | 'gap' | 'chain' | 'signature' };

/**
 * Checks lines that follow each other, from any point of the log. `identity` (SPKI, DER) is the HSM's key at the
 * first line, if known; an IDENTITY entry names the one from there on and is signed by it.
 */
export function checkAudit(
  lines: readonly string[],
  identity?: Uint8Array,
): { readonly entries: readonly AuditEntry[]; readonly problem?: AuditProblem } {
  const entries: AuditEntry[] = [];
  let key = identity;
  let before: { readonly line: string; readonly entry: AuditEntry } | undefined;
  for (const line of lines) {
    const entry = readAuditLine(line);
    const at = before === undefined ? (entry?.sequence ?? 1) : before.entry.sequence + 1;
    if (entry === undefined) return { entries, problem: { at, problem: 'form' } };
    if (entry.sequence !== at) return { entries, problem: { at, problem: 'gap' } };
    if (before !== undefined && entry.previous !== lineHash(before.line))
      return { entries, problem: { at, problem: 'chain' } };
    if (entry.opcode === 'IDENTITY') key = Buffer.from(String(entry.details?.identity ?? ''), 'base64');
    const unsigned = line.endsWith(`\t${UNSIGNED}`);
    if (unsigned ? !needsNoKey(entry.opcode) : key !== undefined && !signatureHolds(line, key))
      return { entries, problem: { at, problem: 'signature' } };
    entries.push(entry);
    before = { line, entry };
  }
  return { entries };
}

function signatureHolds(line: string, spki: Uint8Array): boolean {
  const [json = '', signature = ''] = line.split('\t');
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  return verify('sha256', Buffer.from(AUDIT_PREFIX + json), key, Buffer.from(signature, 'base64'));
}
