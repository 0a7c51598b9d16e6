/** What every repetition of something that the journal tells of a key needs. */
import type { EncodedEvent } from '../../audit/contract.ts';
import { type KeyId, type Place, parseKeyId, parseKmsArn } from '../../core/ids.ts';
import type { Kms, StoredKey } from '../../kms/kms.ts';
import type { RowsChange } from '../../store/rows-contract.ts';
import { commitWithEvent, type EventParts } from '../own-event.ts';

export interface RepeatParts extends EventParts {
  readonly kms: Kms;
}

export async function findKey(arn: string, kms: Kms): Promise<StoredKey | undefined> {
  const name = keyName(arn);
  return name && kms.keys.get(name.place, name.id);
}

function keyName(arn: string): { readonly place: Place; readonly id: KeyId } | undefined {
  const parsed = parseKmsArn(arn);
  const id = parsed?.resource.startsWith('key/') ? parseKeyId(parsed.resource.slice(4)) : undefined;
  return parsed && id && { place: parsed, id };
}

export const commitRepeated = (parts: RepeatParts, event: EncodedEvent, change: RowsChange): Promise<void> =>
  commitWithEvent(parts, event, (committed) => parts.kms.rows.commit({ ...change, event: committed }));
