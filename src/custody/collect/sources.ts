/** What collectors read of the running system: bound in `operator/`. Nothing here changes a key. */
import type { HandedOut } from '../../audit/handed-out.ts';
import type { AccountId } from '../../core/ids.ts';
import type { Rows } from '../../store/rows-contract.ts';
import type { HsmFacts } from './hsm-facts.ts';

/** A fact about the outside world, as the settings declare it. */
export interface Declared {
  readonly fact: string;
  readonly about: Readonly<Record<string, string>>;
  readonly declaredBy: string;
  readonly declaredAt: string;
}

export interface Machine {
  readonly host: string;
  /** Of the operating system: front and engines run as this one. */
  readonly user: string;
  readonly endpoint: string;
  /** Whether clients of other machines can connect. */
  readonly listensBeyondHost: boolean;
  /** A file seal. */
  readonly seal: { readonly path: string; readonly inDataFolder: boolean; readonly onDataDisk: boolean };
  /** Access keys whose secrets lie in the data folder, for clients. */
  readonly accessKeysInFolder: readonly string[];
}

/** A backup of KMS. Times are milliseconds since the epoch. */
export interface KnownBackup {
  readonly id: string;
  readonly path: string;
  readonly created: number;
  /** When it was whole; undefined when nobody knows. */
  readonly completed: number | undefined;
  readonly domainKeys: readonly number[];
  readonly deleted:
    | { readonly time: number; readonly how: 'removed' | 'declared'; readonly entry: string }
    | undefined;
  /** Whether it is still where it was written, and there on the disk of the data folder. */
  readonly where: 'data disk' | 'other disk' | 'moved';
}

export interface Credentials {
  readonly account: AccountId;
  readonly accessKeyId: string;
  readonly created: number;
}

export interface Sources {
  readonly rows: Rows;
  readonly now: () => number;
  readonly machine: () => Promise<Machine>;
  readonly declared: readonly Declared[];
  /** Every one that was completed, deleted ones too. */
  readonly backups: () => Promise<readonly KnownBackup[]>;
  /** Ids of those that the domain state has. */
  readonly domainKeys: () => Promise<readonly number[]>;
  /** Whether rows that were deleted are still to be erased from the store's files. */
  readonly erasurePending: () => Promise<boolean>;
  readonly handedOut: (keyArn: string) => Promise<HandedOut>;
  readonly hsm: HsmFacts;
}
