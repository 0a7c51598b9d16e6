/** What passes between a front and its store worker: arrays of requests one way, arrays of replies the other. */
import type {
  ChangeEntry,
  CommitResult,
  OutboxRow,
  Row,
  ScanOptions,
  StoreChange,
  StoreErrorCode,
  Table,
} from '../contract.ts';

export interface Operations {
  get: { args: { table: Table; id: string }; result: Row | undefined };
  scan: { args: { table: Table; prefix: string; options: ScanOptions }; result: readonly Row[] };
  count: { args: { table: Table; prefix: string }; result: number };
  commit: { args: { change: StoreChange }; result: CommitResult };
  changes: { args: { position: string; limit: number }; result: readonly ChangeEntry[] };
  position: { args: object; result: string };
  outbox: { args: { limit: number }; result: readonly OutboxRow[] };
  dropOutbox: { args: { ids: readonly string[] }; result: undefined };
  erase: { args: object; result: 'erased' };
  backup: { args: { path: string }; result: undefined };
  close: { args: object; result: undefined };
}
export type OperationName = keyof Operations;

export type Request = {
  [Name in OperationName]: { readonly seq: number; readonly op: Name } & Operations[Name]['args'];
}[OperationName];
export type RequestOf<Name extends OperationName> = Extract<Request, { op: Name }>;

export interface Failure {
  readonly code: StoreErrorCode;
  readonly message: string;
}

export type Reply =
  | { readonly seq: number; readonly value: unknown }
  | { readonly seq: number; readonly failure: Failure }
  | { readonly seq: number; readonly done: number; readonly total: number };

/** `seq` of the worker's first message, which says whether the store is open. */
export const OPENED = 0;

export interface WorkerOptions {
  readonly path: string;
  /** Commits that the change feed reaches back. */
  readonly keepChanges: number;
}
