import { createHmac } from 'node:crypto';
import { decodeBinding } from '../../src/engine/protocol/binding.ts';
import {
  type Engine,
  EngineError,
  type MessageName,
  type ReplyOf,
  type RequestOf,
} from '../../src/engine/protocol/messages.ts';

/** Derives signing keys from secrets that a test knows, as published vectors need: no real engine takes a secret. */
export class KnownSecrets implements Engine {
  readonly session = 'test';
  /** By access key id. */
  readonly secrets: Map<string, string>;
  /** Signing keys derived. */
  derived = 0;

  constructor(secrets: Readonly<Record<string, string>>) {
    this.secrets = new Map(Object.entries(secrets));
  }

  async call<N extends MessageName>(name: N, request: RequestOf<N>): Promise<ReplyOf<N>> {
    if (name !== 'signingKey') throw new EngineError('refused', `${name} is not asked of this engine`);
    const { binding, date, region, service } = request as RequestOf<'signingKey'>;
    const secret = this.secrets.get(decodeBinding(binding).keyId);
    if (secret === undefined) throw new EngineError('wrong-token', 'unknown secret');
    this.derived += 1;
    let key: Buffer = Buffer.from(`AWS4${secret}`);
    for (const step of [date, region, service, 'aws4_request']) {
      key = createHmac('sha256', key).update(step).digest();
    }
    return { key } as ReplyOf<N>;
  }
}
