/** An HSM with its keys in memory, put together. */
import type { AuditLog } from './audit-log.ts';
import { signWith } from './certificates.ts';
import type { Mark } from './client/host-link.ts';
import { Keys } from './keys.ts';
import { Marks } from './marks.ts';
import type { Hsm } from './operations/operation.ts';
import type { Peers } from './peers.ts';
import type { HsmError } from './protocol/errors.ts';
import type { Sessions } from './sessions.ts';
import { type Place, Unlocked } from './unlocked.ts';
import { Users } from './users.ts';
import { Uses } from './uses.ts';
import type { Vault } from './vault.ts';

export interface HoldParts {
  readonly place: Place;
  readonly audit: AuditLog;
  readonly peers: Peers;
  readonly sessions: Sessions;
  readonly verifyMs: number;
  readonly mark: (mark: Mark) => Promise<unknown>;
  readonly tampered: (what: string) => HsmError;
}

export function hold(vault: Vault, { mark, ...parts }: HoldParts): Hsm {
  const marks = new Marks(
    () => ({ ...vault.store.log.end, changes: vault.sequence(vault.hsmId) }),
    (now) => mark(now),
  );
  const hsm = new Unlocked({ ...parts, vault, uses: new Uses(parts.audit), settled: () => marks.settled() });
  // A session is of one password: with that it ends, whoever changed it, on whichever member.
  vault.changed = (kind, id) => {
    if (kind === 'member') parts.peers.closeUnapproved();
    if (kind === 'key' && vault.get('key', id) === undefined) hsm.uses.end(id);
    if (kind === 'user') parts.sessions.endOthers(id, vault.get('user', id)?.version);
  };
  parts.audit.signWith((signed) => signWith(hsm.identity.key)(signed));
  return { hsm, users: new Users(hsm), keys: new Keys(hsm) };
}
