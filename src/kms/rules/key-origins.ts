/** Operations that keys of some origins alone have. The message is as recorded from AWS. */
import { unsupported } from '../errors.ts';
import { arnOf, type KeyOrigin, type KeyRecord } from '../key.ts';

export function requireOrigin(key: KeyRecord, origins: readonly KeyOrigin[] | undefined): void {
  if (origins !== undefined && !origins.includes(key.origin))
    throw unsupported(`${arnOf(key)} origin is ${key.origin} which is not valid for this operation.`);
}
