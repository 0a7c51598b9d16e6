/** What a front has once its engines hold the domain state: keys that work, and rows that can be checked. */
import { verifyRestored } from '../../operator/backup/finish-restore.ts';
import { readRestoreMark } from '../../operator/backup/restore-mark.ts';
import { Domain } from '../../operator/domain/domain.ts';
import { reloadingEngine } from '../../operator/domain/reloading-engine.ts';
import { engineAuthenticator } from '../../store/engine-authenticator.ts';
import { openRows } from '../../store/rows.ts';
import type { EnginePairs } from './engine-pairs.ts';
import { connectEngines } from './engines.ts';
import type { Opening, Storage } from './storage.ts';

export async function unseal(
  { settings, log, closing }: Opening,
  pairs: EnginePairs,
  { store, node, audit, events }: Storage,
) {
  let domain: Domain | undefined;
  const { engine: client, watch } = connectEngines(pairs, {
    sessions: audit.sessions,
    domain: () => domain,
    log,
  });
  closing.defer(() => client.close());
  const parts = { ...events, store, engine: client, node };
  domain = closing.adopt(new Domain({ ...parts, log: (event, facts) => log.warn(event, facts) }), (open) =>
    open.stop(),
  );
  const engine = reloadingEngine(client, () => domain.refresh());
  const rows = await openRows(domain.guardedStore, engineAuthenticator(engine));
  const restore = await readRestoreMark(settings.data);
  await domain.start(rows, restore && (() => verifyRestored(restore, engine)));
  return { engine, watch, domain, rows, restore };
}

/** `restore`: the folder was restored from a backup, which is still to be finished. */
export type Unsealed = Awaited<ReturnType<typeof unseal>>;
