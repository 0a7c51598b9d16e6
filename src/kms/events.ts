/**
 * What Lockholm does of itself: keys made on first use, rotated, destroyed and emptied on time; key stores connected and
 * disconnected, which AWS does without an event.
 */
import type { Place } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { RowsChange } from '../store/rows-contract.ts';

export interface EventStart {
  readonly eventId: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}
export interface ServiceEvent extends EventStart, Place {
  readonly name:
    | 'CreateKey'
    | 'RotateKey'
    | 'DeleteKey'
    | 'DeleteExpiredKeyMaterial'
    | 'CustomKeyStoreConnecting'
    | 'CustomKeyStoreConnected'
    | 'CustomKeyStoreConnectionFailed'
    | 'CustomKeyStoreDisconnected';
  readonly resources: readonly string[];
  readonly additionalEventData: JsonObject;
}

export interface ServiceEvents {
  begin(): EventStart;
  /** Makes the change and its journal entry durable together, as a call's `commit` does. */
  commit(change: RowsChange, event: ServiceEvent): Promise<void>;
}
