/** Opening what is stored, with all that must hold of it: nothing altered, and nothing older than the host has heard of. */
import type { KeyObject } from 'node:crypto';
import { type Log, whereFrom } from '../engine/protocol/log.ts';
import type { AuditLog } from './audit-log.ts';
import type { Mark } from './client/host-link.ts';
import { HsmError } from './protocol/errors.ts';
import type { HsmState } from './protocol/values.ts';
import type { Store } from './store/store.ts';
import { parseCode } from './unlock-code.ts';
import type { Unlocked } from './unlocked.ts';
import { Vault } from './vault.ts';
import { openWithHost, openWithUnlockKey, unlockKeyOf, type Wrap, wrapKinds } from './wraps.ts';

/** What was altered, or that the store is an older one. */
export type Opened = { readonly vault: Vault } | { readonly altered: string } | { readonly older: true };

export function openStore(
  hsmId: string,
  store: Store,
  storageKey: KeyObject,
  audit: AuditLog,
  mark: Pick<Mark, 'records' | 'tag'>,
  log: Log,
): Opened {
  const vault = new Vault(hsmId, store);
  let forked = false;
  try {
    const records = store.open(storageKey, (number, tag) => {
      if (number === mark.records && !tag.equals(mark.tag)) forked = true;
    });
    vault.replay(records);
  } catch (error) {
    if (!(error instanceof HsmError)) log('store-refused', whereFrom(error));
    return { altered: 'the log' };
  }
  if (store.facts === undefined || !audit.has(store.facts.audit)) return { altered: 'the audit log' };
  if (forked || store.log.end.records < mark.records) return { older: true };
  return { vault };
}

/** Which state an HSM is in whose store is open; `others` is how far the other members are. */
export function stateOnceOpen(hsm: Unlocked, others: Parameters<Unlocked['isBehind']>[0]): HsmState {
  const { certificate, unlockKey } = hsm.cluster;
  if (certificate === '') return 'uninitialized';
  if (unlockKey.length === 0) return 'initialized';
  return hsm.isBehind(others) ? 'behind' : 'active';
}

/** Throws `wrong-credential` for what is no code. */
export function openByCode(wraps: readonly Wrap[], text: string): KeyObject | undefined {
  const code = parseCode(text);
  const unlockKey = unlockKeyOf(code);
  code.fill(0);
  return openAny(wraps, 'unlock-code', (wrap) => openWithUnlockKey(wrap, unlockKey));
}

export const openByHost = (wraps: readonly Wrap[], hostSecret: KeyObject): KeyObject | undefined =>
  openAny(wraps, 'host-secret', (wrap) => openWithHost(hostSecret, wrap));

function openAny(
  wraps: readonly Wrap[],
  kind: (typeof wrapKinds)[number],
  open: (wrap: Wrap) => KeyObject | undefined,
): KeyObject | undefined {
  for (const wrap of wraps) {
    const key = wrapKinds[wrap.kind] === kind ? open(wrap) : undefined;
    if (key !== undefined) return key;
  }
  return undefined;
}
