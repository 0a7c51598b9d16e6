/** What a front has once its engines hold the domain state: keys that work, and rows that can be checked. */
import type { Audit, LeftUndone } from '../../audit/open-audit.ts';
import { verifyRestored } from '../../operator/backup/finish-restore.ts';
import { readRestoreMark } from '../../operator/backup/restore-mark.ts';
import { Domain } from '../../operator/domain/domain.ts';
import { reloadingEngine } from '../../operator/domain/reloading-engine.ts';
import { engineAuthenticator } from '../../store/engine-authenticator.ts';
import { openRows } from '../../store/rows.ts';
import type { Log } from '../../wire/log.ts';
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
  const authenticator = engineAuthenticator(engine);
  const rows = await openRows(domain.guardedStore, authenticator);
  const restore = await readRestoreMark(settings.data);
  await domain.load();
  if (restore !== undefined) await verifyRestored(restore, engine);
  reportLeft(await audit.begin(authenticator), audit, log);
  await domain.start(rows, restore !== undefined);
  return { engine, watch, domain, rows, restore };
}

/** Where the journal was empty, the domain says so. */
function reportLeft(left: LeftUndone, { missingEntries, lastTimeFound }: Audit, log: Log): void {
  if (missingEntries > 0 && lastTimeFound > 0)
    log.warn('the journal was cut short: entries that the database knows of are gone from its end', {
      missingEntries,
      advice: 'where you have its files, stop the server and put them back; else find out who removed them',
    });
  const { appended, dropped, leftOpen } = left;
  if (appended + dropped + leftOpen.length > 0)
    log.warn('the last run did not stop in order; what it left undone is done now', {
      appended,
      dropped,
      sessionsClosed: leftOpen.length,
    });
}

/** `restore`: the folder was restored from a backup, which is still to be finished. */
export type Unsealed = Awaited<ReturnType<typeof unseal>>;
