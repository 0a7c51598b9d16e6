/**
 * The first start of a restored data folder, before anything is served: the manifest must carry the MAC of this
 * domain, then what the journal tells of since the backup is repeated. A start that was interrupted begins anew
 * and finds what is done.
 */
import type { JsonObject } from '../../core/json.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import type { Rows } from '../../store/rows-contract.ts';
import { commitWithEvent, ownEvent } from '../own-event.ts';
import { BackupError } from './errors.ts';
import { readWishes } from './journal-wishes.ts';
import { manifestRow } from './manifest.ts';
import { type BackupRecord, backupRow, factsOf, getBackup } from './record.ts';
import { type Repeated, repeatWishes } from './repeat.ts';
import type { RepeatParts } from './repeat-key.ts';
import { type RestoreMark, removeRestoreMark } from './restore-mark.ts';

export interface FinishParts extends RepeatParts {
  readonly rows: Rows;
  /** The data folder. */
  readonly data: string;
}

/** To be called when the domain state is loaded, before it is changed. Rejects with BackupError `damaged`. */
export async function verifyRestored({ manifest, bytes, mac }: RestoreMark, engine: Engine): Promise<void> {
  const row = { ...manifestRow(manifest.id, bytes), mac: Buffer.from(mac, 'hex') };
  const { valid } = await engine.call('verifyRows', { rows: [row] });
  if (valid[0] !== true)
    throw notAsMade(manifest.id, 'was changed after it was made, or belongs to another server');
  const { epoch } = await engine.call('describeDomain', {});
  if (epoch < manifest.domain.epoch)
    throw notAsMade(manifest.id, 'had a later database than the one in this folder');
}

const notAsMade = (backup: string, why: string): BackupError =>
  new BackupError(
    'damaged',
    `the backup ${backup} that this folder was restored from ${why}: do not use it, and find out who can write to ` +
      'where it was kept. Restore another backup into a new folder',
  );

const SHOWN = 100;

/** Resolves when the server may serve, with what the journal says of it. */
export async function finishRestore(mark: RestoreMark, parts: FinishParts): Promise<JsonObject> {
  const { manifest, survivingJournal, restored } = mark;
  const wishes = await readWishes(parts.journal, manifest.journal.inStore);
  const facts: JsonObject = {
    backup: manifest.id,
    backupCreated: new Date(manifest.created).toISOString(),
    restored: new Date(restored).toISOString(),
    survivingJournal,
    ...summary(await repeatWishes(wishes, parts)),
  };
  const change = await completeRecord(mark, parts.rows);
  await commitWithEvent(parts, ownEvent(parts, 'RestoreCompleted', facts), (event) =>
    parts.rows.commit({ ...change, event }),
  );
  await removeRestoreMark(parts.data);
  return facts;
}

/** Lists may be long: the count is exact, and of the entries the first are named. */
function summary({ keysLost, materialsLost, eventsUnreadable, ...counts }: Repeated): JsonObject {
  const list = (names: readonly string[]): JsonObject => ({
    count: names.length,
    first: names.slice(0, SHOWN),
  });
  return {
    ...counts,
    keysLost: list(keysLost),
    materialsLost: list(materialsLost),
    eventsUnreadable: list(eventsUnreadable),
  };
}

/** In its own copy of the store the backup is still being written. */
async function completeRecord({ manifest }: RestoreMark, rows: Rows) {
  const stored = await getBackup(rows, manifest.id);
  if (stored === undefined || stored.value.status !== 'Running') return {};
  const value: BackupRecord = { ...stored.value, status: 'Complete', holds: factsOf(manifest) };
  return { put: [{ ...backupRow(manifest.id), version: stored.version + 1, value }] };
}
