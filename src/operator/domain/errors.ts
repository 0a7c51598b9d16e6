/** Why the domain state cannot be used, in words that say what to do. */
import type { EngineError } from '../../engine/protocol/messages.ts';

/**
 * `stale`: older than the journal or the engines know. `lost`: the journal knows a state, the store none.
 * `wrong-seal`: sealed under another root key. `altered`: the row does not say what is sealed in it.
 */
export type DomainErrorCode = 'stale' | 'lost' | 'wrong-seal' | 'altered';

export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code: DomainErrorCode;
  constructor(code: DomainErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

const RESTORE =
  'Put the newest database back, or restore a backup into a new folder with `lockholm backup restore BACKUP --data ' +
  'NEW-FOLDER --journal OLD-FOLDER/journal`, which repeats the deletions and disables that the journal tells of. ' +
  'Nothing was changed';

export const staleState = (stored: number, recorded: number): DomainError =>
  new DomainError(
    'stale',
    `the database is older than the journal: its domain state has epoch ${stored}, and the journal records another ` +
      `state, of epoch ${recorded}. An old copy of the database was put in place, without what was deleted and ` +
      `disabled since. ${RESTORE}`,
  );

export const lostState = (recorded: number): DomainError =>
  new DomainError(
    'lost',
    `the database is empty, and the journal records a domain state of epoch ${recorded}: the database was lost or ` +
      `taken away, and a new one could read nothing of what was encrypted. ${RESTORE}`,
  );

export const alteredState = (claimed: number, sealed: number): DomainError =>
  new DomainError(
    'altered',
    `the row of the domain state was changed in the database: it claims epoch ${claimed}, and what is sealed in it is ` +
      `of epoch ${sealed}. Find out who can write to the database. ${RESTORE}`,
  );

export const JOURNAL_LOST =
  'the journal is empty beside a database that is not new: what it said is lost, and a database that was put back ' +
  'could not be told from the newest one at this start. Where you have its files, stop the server and put them back; ' +
  'else find out who removed them. Deletions wait where the clock cannot be trusted without it (lockholm status)';

/** What an engine's refusal of a state means; other errors stay what they are. */
export function stateRefused(error: EngineError): Error {
  if (error.code === 'stale-domain')
    return new DomainError(
      'stale',
      `the database is older than the engines that run: ${error.message} there. ${RESTORE}`,
      error,
    );
  if (error.code === 'wrong-token')
    return new DomainError(
      'wrong-seal',
      'the seal is not the one that this database was made with, or the stored domain state is damaged. Start with ' +
        'the right seal (--seal FILE); where that is in place, restore a backup. Nothing was changed',
      error,
    );
  return error;
}
