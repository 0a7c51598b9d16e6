/**
 * What the journal does for the rest of Lockholm. Formats: docs/formats/journal.md.
 *
 * An event is two canonical JSON texts. The envelope (at most 4 KiB, no personal data, final for ever) becomes
 * a Merkle leaf: SHA-256(0x00 and envelope). It names the body by SHA-256(salt and body); the body holds what
 * CloudTrail shows beyond it (identity, address, parameters) and can be erased without touching the tree.
 */
import type { Caller, KeyUse } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';

export interface EncodedEvent {
  readonly id: string;
  readonly envelope: Uint8Array;
  /** Salt (16 bytes) and body JSON. */
  readonly body: Uint8Array;
}

/** What the pipeline or a background task hands in. */
export interface EventFacts {
  readonly id: string;
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly type: 'AwsApiCall' | 'AwsServiceEvent' | 'LockholmEvent';
  readonly source: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly readOnly: boolean;
  readonly caller: Caller;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly resources: readonly string[];
  readonly uses: readonly KeyUse[];
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestParameters: JsonObject | null;
  readonly responseElements: JsonObject | null;
  readonly additionalEventData: JsonObject | null;
}

export interface JournalEntry extends EncodedEvent {
  /** Segment's first index + record number: gapless from 0. */
  readonly index: number;
}

export interface Journal {
  /** Resolves when the event is durable. Rejects with JournalError when the journal cannot be written. */
  append(event: EncodedEvent): Promise<void>;
  /** Number of durable entries. */
  readonly size: number;
  /** Time of the last durable entry, ms since the epoch; 0 when empty. */
  readonly lastTime: number;
  /** Entries from `index` on, in order, as far as durable. */
  read(index: number): AsyncIterable<JournalEntry>;
  /** Called with each entry once durable, in order. */
  subscribe(listener: (entry: JournalEntry) => void): () => void;
  close(): Promise<void>;
}

export type JournalErrorCode = 'full' | 'corrupt' | 'closed' | 'unavailable';
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;
  constructor(code: JournalErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
