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
  /** It was made in unattended mode: its key is wrapped to the server's seal too, whatever the cluster is since. */
  readonly sealOpens: boolean;
}

export interface HsmCluster {
  readonly id: string;
  /** `unattended`: the storage key of its HSMs is wrapped to the server's seal too. */
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
        /** The HSMs' receipts say that nobody has the password of `kmsuser` any more, and every HSM heard of it. */
        readonly passwordDiscarded: boolean;
        /** Since when the store has a password, milliseconds since the epoch: backups made since may hold its token. */
        readonly passwordSince: number;
      }
    | undefined;
}

/** A material in HSMs, by the names that they have of it. */
export interface HsmMaterialName extends Place {
  /** Of the material, kept by every copy of it. */
  readonly lineage: string;
  /** The cluster in which it was made, or from which it was wrapped out. */
  readonly clusterId: string;
  /** The custom key store that uses it. */
  readonly storeId: string | undefined;
  /** When it was made, milliseconds since the epoch; undefined when nobody knows. */
  readonly made: number | undefined;
  /** When no member of the cluster had it any more, as an HSM signed; undefined while one may. */
  readonly erased: number | undefined;
}

export interface HsmFacts {
  /**
   * The clusters that hold it, those of which only backups are left too. Undefined when this server has no such cluster:
   * then whoever has it is not known.
   */
  holding(material: HsmMaterialName): Promise<readonly HsmCluster[] | undefined>;
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
  holding: async () => undefined,
  hours: async () => ({ total: 0, running: 0 }),
};
