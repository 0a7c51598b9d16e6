/**
 * The signing keys of a day, which an engine derives from access-key secrets, kept for requests to come. One is
 * kept only once it has verified a signature, so that strangers cannot displace those in use, and holds no
 * longer than its day and its access key's row: a change of the row makes the next request ask again.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Caller } from '../../core/call.ts';
import { DAY_MS } from '../../core/clock.ts';
import { encodeBinding } from '../../engine/protocol/binding.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import type { Rows } from '../../store/rows-contract.ts';
import { type AccessKey, accessKeyBinding, callerOf } from '../access-keys.ts';
import type { Credential } from './authorization.ts';
import { Recent } from './recent.ts';
import { SKEW_MS } from './time.ts';

export interface SigningKey {
  /** Of the access key's row. */
  readonly version: number;
  readonly key: KeyObject;
  /** undefined for the key that stands in where there is no active access key. */
  readonly caller: Caller | undefined;
}

/** Takes a refused request through the same steps; nothing that it signs is accepted. */
const STAND_IN: SigningKey = {
  version: 0,
  key: createSecretKey(Buffer.alloc(32)),
  caller: undefined,
};
const MAX_KEYS = 2048;

export class SigningKeys {
  readonly #rows: Rows;
  readonly #engine: Engine;
  readonly #keys = new Recent<SigningKey>(MAX_KEYS);
  /** The end of a day's window, when all that is kept is forgotten. */
  #expiry = 0;

  constructor(rows: Rows, engine: Engine) {
    this.#rows = rows;
    this.#engine = engine;
  }

  /** undefined when the key must be loaded. */
  kept(credential: Credential, now: number): SigningKey | undefined {
    if (now > this.#expiry) this.#keys.clear();
    const known = this.#keys.get(credential.text);
    if (known === undefined) return undefined;
    const row = this.#rows.peek<AccessKey>('access-key', credential.accessKeyId);
    if (row?.version === known.version) return known;
    this.#keys.delete(credential.text);
    return undefined;
  }

  async load(credential: Credential): Promise<SigningKey> {
    const { accessKeyId, date, regionText: region, service } = credential;
    const row = await this.#rows.get<AccessKey>('access-key', accessKeyId);
    if (row === undefined || row.value.status !== 'Active') return STAND_IN;
    const binding = encodeBinding(accessKeyBinding(accessKeyId, row.value.account));
    const token = Buffer.from(row.value.token, 'base64');
    const reply = await this.#engine.call('signingKey', { binding, token, date, region, service });
    const key = createSecretKey(reply.key);
    reply.key.fill(0);
    return { version: row.version, key, caller: callerOf(accessKeyId, row.value) };
  }

  /** For a key that has verified a signature of its day. */
  keep(credential: Credential, key: SigningKey, now: number): void {
    this.#expiry = now - ((now - SKEW_MS) % DAY_MS) + DAY_MS;
    this.#keys.set(credential.text, key);
  }
}
