import type { Tag } from '../../core/shapes/cloudhsmv2.ts';
import type { RowsChange } from '../../store/rows-contract.ts';
import { putBackup } from '../backup.ts';
import { putCluster } from '../cluster.ts';
import type { Tagged } from '../handler.ts';

export const putTags = (resource: Tagged, tags: readonly Tag[]): RowsChange =>
  resource.kind === 'cluster' ? putCluster(resource.stored, { tags }) : putBackup(resource.stored, { tags });
