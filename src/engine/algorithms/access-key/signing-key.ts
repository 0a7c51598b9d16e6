/** SigV4's derived signing key ("Signature Version 4", "Create a signed request", step "derive a signing key"). */
import { createHmac, type KeyObject } from 'node:crypto';
import { EngineError } from '../../protocol/messages.ts';

export interface Scope {
  /** YYYYMMDD. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

const DATE = /^[0-9]{8}$/;
const MAX_NAME = 64;

export function deriveSigningKey(secret: KeyObject, scope: Scope): Buffer {
  const named = [scope.region, scope.service].every((name) => name.length > 0 && name.length <= MAX_NAME);
  if (!DATE.test(scope.date) || !named) throw new EngineError('refused', 'no credential scope');
  const raw = secret.export();
  let key: Buffer = Buffer.concat([Buffer.from('AWS4'), raw]);
  raw.fill(0);
  for (const step of [scope.date, scope.region, scope.service, 'aws4_request']) {
    const next = createHmac('sha256', key).update(step).digest();
    key.fill(0);
    key = next;
  }
  return key;
}
