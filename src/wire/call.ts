/** A call in the pipeline: what its operation sees, and the one commit that it may make. */
import { randomUUID } from 'node:crypto';
import type { Call, Caller, CallRecord } from '../core/call.ts';
import type { AccountId, Region } from '../core/ids.ts';
import type { OutboxEvent } from '../store/contract.ts';
import type { RowsChange } from '../store/rows-contract.ts';
import type { RequestBody } from './body-stream.ts';
import { isConflict } from './errors.ts';
import type { HeldRows } from './row-queues.ts';
import type { BoundOperation, Fields } from './services.ts';

export interface CallFacts {
  readonly bound: BoundOperation;
  readonly requestId: string;
  readonly time: number;
  readonly region: Region;
  readonly caller: Caller;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly stream?: RequestBody | undefined;
}

/** Commits a change together with the success event of the call. */
export type CommitCall = (call: PipelineCall, change: RowsChange) => Promise<OutboxEvent>;

const emptyRecord = (): CallRecord => ({
  resources: [],
  uses: [],
  responseElements: null,
  additionalEventData: null,
});

export class PipelineCall implements Call<RowsChange> {
  readonly bound: BoundOperation;
  readonly requestId: string;
  readonly eventId: string = randomUUID();
  readonly time: number;
  readonly service: string;
  readonly operation: string;
  readonly account: AccountId;
  readonly region: Region;
  readonly caller: Caller;
  readonly sourceIp: string;
  readonly userAgent: string;
  record: CallRecord = emptyRecord();
  /** Once decoded. */
  input: Fields | undefined;
  /** The success event, once it is committed with the call's change. */
  committed: OutboxEvent | undefined;
  /** A commit was begun: its outcome may be unknown, so no other event may have the id of the one in it. */
  commitBegun = false;
  /** Once the call commits a change: the rows that others wait for until it ends. */
  held: HeldRows | undefined;
  readonly #commit: CommitCall;
  readonly #stream: RequestBody | undefined;

  constructor(facts: CallFacts, commit: CommitCall) {
    this.bound = facts.bound;
    this.requestId = facts.requestId;
    this.time = facts.time;
    this.service = facts.bound.service.name;
    this.operation = facts.bound.operation.name;
    this.account = facts.caller.account;
    this.region = facts.region;
    this.caller = facts.caller;
    this.sourceIp = facts.sourceIp;
    this.userAgent = facts.userAgent;
    this.#stream = facts.stream;
    this.#commit = commit;
  }

  /** The call can run again from its beginning. */
  get repeatable(): boolean {
    return this.#stream === undefined && this.committed === undefined;
  }

  /** Forgets what a run recorded, before the next. */
  restart(): void {
    this.record = emptyRecord();
    this.commitBegun = false;
  }

  async commit(change: RowsChange): Promise<void> {
    if (this.commitBegun) throw new TypeError(`${this.operation} commits twice`);
    if (this.#stream?.verified === false)
      throw new TypeError(`${this.operation} commits before it read its body`);
    this.commitBegun = true;
    try {
      this.committed = await this.#commit(this, change);
    } catch (error) {
      // Nothing took effect: an operation that cannot run again may read what there is now, and commit again.
      if (isConflict(error)) this.commitBegun = false;
      throw error;
    }
  }
}
