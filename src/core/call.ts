/**
 * One authenticated call as every operation sees it, whatever protocol brought it, and the contract between
 * the request pipeline (`wire/`) and the services (`kms/`, ...).
 */
import type { AccountId, Region } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { StructureShape } from './shape.ts';

/** Who calls. `operator` came over the operator's socket; `service` is Lockholm itself (timers, rotation). */
export interface Caller {
  readonly type: 'Root' | 'Operator' | 'AWSService';
  readonly account: AccountId;
  readonly arn: string;
  readonly principalId: string;
  readonly accessKeyId?: string;
  /** The service that calls on the user's behalf, such as `s3.amazonaws.com`. */
  readonly invokedBy?: string;
}

/** A counter value that an engine issued for one use of one key. */
export interface KeyUse {
  readonly keyArn: string;
  readonly materialId: string;
  /** The engine session that counted (see engine/protocol/messages.ts, hello). */
  readonly session: string;
  readonly counter: number;
}

/** What the journal will say beside what the pipeline already knows; operations add to it as they learn it. */
export interface CallRecord {
  resources: string[];
  uses: KeyUse[];
  responseElements: JsonObject | null;
  additionalEventData: JsonObject | null;
}

/** Row writes of the store, made durable together with the call's journal entry. See store/contract.ts. */
export type Commit<Change> = (change: Change) => Promise<void>;

export interface Call<Change = unknown> {
  readonly requestId: string;
  /** The CloudTrail event id, assigned before the call runs. */
  readonly eventId: string;
  /** Milliseconds since the epoch, at arrival. */
  readonly time: number;
  readonly service: string;
  readonly operation: string;
  /** The account whose resources are meant when no ARN says otherwise: the caller's. */
  readonly account: AccountId;
  readonly region: Region;
  readonly caller: Caller;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly record: CallRecord;
  /**
   * Commits a state change and this call's success event in one transaction. MUST be the last thing that can
   * fail in an operation, and be called at most once; again only when it rejects with StoreError `conflict`.
   */
  readonly commit: Commit<Change>;
}

/** What an operation touches, for the authoriser: an action on a resource ARN. */
export interface Target {
  readonly action: string;
  /** Resource ARN, or `*` for actions without one. */
  readonly resource: string;
  /** The account that owns the resource. */
  readonly account: AccountId;
}

export interface Operation<Input = unknown, Output = unknown, Resolved = unknown, Change = unknown> {
  readonly name: string;
  readonly input: StructureShape;
  /** null where AWS answers 200 with an empty body. */
  readonly output: StructureShape | null;
  readonly readOnly: boolean;
  /** Finds what the input names, without checking its state; the pipeline authorises `targets` before `run`. */
  resolve(input: Input, call: Call<Change>): Promise<Resolution<Resolved>> | Resolution<Resolved>;
  run(input: Input, call: Call<Change>, resolved: Resolved): Promise<Output> | Output;
  /** The request parameters as CloudTrail shows them: never plaintext, ciphertext, keys or tokens. */
  audit(input: Input): JsonObject | null;
}

export interface Resolution<Resolved> {
  readonly resolved: Resolved;
  readonly targets: readonly Target[];
}

export interface Service {
  /** As in the credential scope: `kms`. */
  readonly name: string;
  /** As in CloudTrail: `kms.amazonaws.com`. */
  readonly eventSource: string;
  readonly operations: ReadonlyMap<string, Operation>;
}
