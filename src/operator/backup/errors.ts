/**
 * Why a backup cannot be made, read or restored, in words that say what to do. `damaged`: not as it was written.
 * `newer`: a later Lockholm wrote it. `target`: nothing may be written there. `mismatch`: the pieces are not of one
 * server.
 */
export type BackupErrorCode = 'damaged' | 'newer' | 'target' | 'mismatch' | 'unavailable';

export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly code: BackupErrorCode;
  constructor(code: BackupErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

export const damagedBackup = (backup: string, why: string): BackupError =>
  new BackupError(
    'damaged',
    `backup ${backup} is damaged: ${why}. Use another copy of it, or another backup`,
  );
