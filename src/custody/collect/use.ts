/**
 * Who gets a key used by calls. Until policies are evaluated, each credential of the key's account does. A disabled key
 * and one that waits for its deletion count as usable: whoever has such a credential enables it with one call.
 */
import { isPermanent, isThere } from '../../kms/rules/imported-material.ts';
import { enforced, resting } from '../basis.ts';
import type { Fact } from '../facts.ts';
import type { Account } from './credentials.ts';
import { type HeldKey, isPresent } from './held.ts';
import type { HsmHolding } from './hsm.ts';
import { credentialName, FRONT } from './names.ts';
import type { People } from './people.ts';
import type { Machine } from './sources.ts';

/** The key's state as calls find it, and `Destroyed`. */
export function stateNow(key: HeldKey, now: number, holdings: readonly HsmHolding[]): string {
  const { record } = key;
  if (record === undefined) return 'Destroyed';
  if (record.state === 'PendingDeletion') return record.state;
  if (key.materials.some(({ inHsm }) => inHsm !== undefined))
    return holdings.some(({ cluster }) => cluster.store?.isConnected === true) ? record.state : 'Unavailable';
  const whole = record.materials.filter(isPermanent).every((material) => isThere(material, now));
  return whole ? record.state : 'PendingImport';
}

/** `inHsms`: the front can call for it there. */
export function isUsable(key: HeldKey, now: number, inHsms: boolean): boolean {
  const { record } = key;
  if (key.name === undefined) return key.materials.some(isPresent);
  if (record === undefined) return false;
  if (key.materials.some(({ inHsm }) => inHsm !== undefined)) return inHsms;
  return record.materials.some((material) => isThere(material, now)) && key.materials.some(isPresent);
}

export function useFacts(
  people: People,
  machine: Machine,
  key: HeldKey,
  { id, credentials }: Account,
): readonly Fact[] {
  const state = key.record?.state ?? 'Enabled';
  const after = state === 'Enabled' ? '' : `, once a call has ended its state ${state}`;
  return [
    ...(credentials.length === 0
      ? []
      : resting(enforced(`the front, for every credential of the account${after}`, machine.host), {
          fact: 'accepts',
          process: FRONT,
          credential: credentialName(id),
          key: key.fact,
          for: 'use',
        })),
    ...people
      .each('approve')
      .filter((approve) => approve.key === undefined || names(key).includes(approve.key))
      .map((approve) => ({ ...approve, key: key.fact })),
  ];
}

const names = ({ fact, name }: HeldKey): readonly string[] => (name === undefined ? [fact] : [fact, name.id]);
