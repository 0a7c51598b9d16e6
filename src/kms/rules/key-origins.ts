/** Operations that keys of one origin alone have. The message is as recorded from AWS. */
import { unsupported } from '../errors.ts';
import { arnOf, type KeyOrigin, type KeyRecord } from '../key.ts';

export function requireOrigin(key: KeyRecord, origin: KeyOrigin | undefined): void {
  if (origin !== undefined && key.origin !== origin)
    throw unsupported(`${arnOf(key)} origin is ${key.origin} which is not valid for this operation.`);
}
