/** The rows of the operation table: what the wrapper in service.ts does before an operation's own function runs. */
import type { Json } from '../core/json.ts';
import type { StoredBackup } from './backup.ts';
import type { CloudHsm, CloudHsmCall } from './cloudhsm.ts';
import type { StoredCluster } from './cluster.ts';

interface Common {
  readonly action: `cloudhsm:${string}`;
  readonly readOnly: boolean;
  /** Input members that the journal shows as request parameters. */
  readonly audit: readonly string[];
}

/** An operation on the account and Region. */
export interface AccountRow<Input, Output> extends Common {
  readonly kind: 'account';
  run(input: Input, call: CloudHsmCall, parts: CloudHsm): Promise<Output>;
}
/** An operation on the cluster that ClusterId names. */
export interface ClusterRow<Input, Output> extends Common {
  readonly kind: 'cluster';
  run(input: Input, call: CloudHsmCall, cluster: StoredCluster, parts: CloudHsm): Promise<Output>;
}
/** An operation on the backup that BackupId names. */
export interface BackupRow<Input, Output> extends Common {
  readonly kind: 'backup';
  run(input: Input, call: CloudHsmCall, backup: StoredBackup, parts: CloudHsm): Promise<Output>;
}
/** What has tags: ResourceId names one of either kind. */
export type Tagged =
  | { readonly kind: 'cluster'; readonly stored: StoredCluster }
  | { readonly kind: 'backup'; readonly stored: StoredBackup };
export interface TagsRow<Input, Output> extends Common {
  readonly kind: 'tags';
  run(input: Input, call: CloudHsmCall, resource: Tagged, parts: CloudHsm): Promise<Output>;
}

type AnyInput = Readonly<Record<string, Json>>;
export type OperationRow =
  | AccountRow<AnyInput, unknown>
  | ClusterRow<AnyInput, unknown>
  | BackupRow<AnyInput, unknown>
  | TagsRow<AnyInput, unknown>;

/** Rows are typed where they are written and uniform in the table. */
export const onAccount = <Input, Output>(row: Omit<AccountRow<Input, Output>, 'kind'>): OperationRow =>
  ({ kind: 'account', ...row }) as unknown as OperationRow;
export const onCluster = <Input, Output>(row: Omit<ClusterRow<Input, Output>, 'kind'>): OperationRow =>
  ({ kind: 'cluster', ...row }) as unknown as OperationRow;
export const onBackup = <Input, Output>(row: Omit<BackupRow<Input, Output>, 'kind'>): OperationRow =>
  ({ kind: 'backup', ...row }) as unknown as OperationRow;
export const onTags = <Input, Output>(row: Omit<TagsRow<Input, Output>, 'kind'>): OperationRow =>
  ({ kind: 'tags', ...row }) as unknown as OperationRow;
