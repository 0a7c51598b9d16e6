/**
 * Names of symmetric key material (docs/formats/domain-state.md, "Names of key material"). Both are HMACs, so
 * that nobody without the domain state can test a guess; who can compute them learns of equality only.
 */
import { createHmac, type KeyObject } from 'node:crypto';

/** HMAC-SHA-256 of u8 length, key id, material: 64 hexadecimal digits. */
export function materialId(key: KeyObject, keyId: string, material: Uint8Array): string {
  const id = Buffer.from(keyId);
  return createHmac('sha256', key).update(Buffer.of(id.length)).update(id).update(material).digest('hex');
}

/** Equal material of one account has one fingerprint; those of two accounts cannot be compared. */
export function fingerprint(key: KeyObject, account: string, material: Uint8Array): string {
  const accountKey = createHmac('sha256', key).update(`account:${account}`).digest();
  const out = createHmac('sha256', accountKey).update(material).digest('hex');
  accountKey.fill(0);
  return out;
}
