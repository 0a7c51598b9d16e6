/** The last successful cryptographic use of a key, derived from the journal (`audit/` implements it). */
import type { KeyLastUsageTrackingOperation } from '../core/shapes/kms.ts';

export interface LastUsage {
  readonly operation: KeyLastUsageTrackingOperation;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly eventId: string;
  readonly requestId: string;
}

export interface LastUsageReader {
  get(keyArn: string): Promise<LastUsage | undefined> | LastUsage | undefined;
  /** Since when uses are recorded, milliseconds since the epoch. */
  readonly trackingStart: number;
}
