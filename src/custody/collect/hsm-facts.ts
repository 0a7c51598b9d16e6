/** What collectors ask of the HSM part: implemented by who knows clusters and custom key stores. */
import type { Place } from '../../core/ids.ts';

export interface HsmMember {
  readonly id: string;
  /** Undefined when nobody knows: then it counts as the operator's. */
  readonly host: string | undefined;
  /** Of the operating system; undefined when it shares the server's, or nobody knows. */
  readonly user: string | undefined;
  /** Whether its process runs and is unlocked: what it holds is in its memory then. */
  readonly isUnlocked: boolean;
  /** Whether its store lies on the disk of the server's data folder. */
  readonly onDataDisk: boolean;
}

export interface HsmBackup {
  readonly id: string;
  /** When it is destroyed, milliseconds since the epoch; undefined when it does not expire. */
  readonly until: number | undefined;
  readonly onDataDisk: boolean;
}

export interface HsmCluster {
  readonly id: string;
  /** `unattended`: its storage key is wrapped to the server's seal too. */
  readonly mode: 'attended' | 'unattended';
  /** Those that are not deleted. */
  readonly members: readonly HsmMember[];
  /** Those that hold the material and are not destroyed. */
  readonly backups: readonly HsmBackup[];
  /** What the HSM says of its key: whether a user can wrap it out. */
  readonly extractable: boolean;
  /** Undefined when no custom key store uses the key through this cluster. */
  readonly store:
    | {
        readonly id: string;
        readonly isConnected: boolean;
        /** The HSMs' receipt says that nobody has the password of `kmsuser` any more. */
        readonly passwordDiscarded: boolean;
        /** Since when the store has a password, milliseconds since the epoch: backups made since may hold its token. */
        readonly passwordSince: number;
      }
    | undefined;
}

export interface HsmFacts {
  /**
   * What HSMs tell a KMS key's material by, of origin AWS_CLOUDHSM, a destroyed one's too; undefined for a material that
   * was never made in an HSM.
   */
  lineageOf(key: Place & { readonly id: string }, materialId: string): Promise<string | undefined>;
  /**
   * The clusters that hold the material of this lineage (the HSM's name of it), those of which only backups are left
   * too. Undefined when the lineage is not known here: then whoever has it is not known either.
   */
  holding(place: Place, lineage: string): Promise<readonly HsmCluster[] | undefined>;
  /** Hours that HSMs of the account and Region existed, each begun hour counted, as AWS bills them. */
  hours(place: Place): Promise<HsmHours>;
}

export interface HsmHours {
  readonly total: number;
  /** HSMs that exist now. */
  readonly running: number;
}

/** Of a server without HSMs. */
export const noHsms: HsmFacts = {
  lineageOf: async () => undefined,
  holding: async () => undefined,
  hours: async () => ({ total: 0, running: 0 }),
};
