/** What the operations of S3 work with; bound in `server/`. */
import type { Call } from '../../core/call.ts';
import type { Rows, RowsChange } from '../../store/rows-contract.ts';
import type { ObjectKeys } from '../envelope/object-keys.ts';
import type { ObjectFiles } from './files.ts';
import type { BucketGates } from './gates.ts';

export type S3Call = Call<RowsChange>;

export interface S3 {
  readonly rows: Rows;
  readonly keys: ObjectKeys;
  readonly files: ObjectFiles;
  readonly gates: BucketGates;
}
