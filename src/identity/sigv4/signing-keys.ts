/**
 * The signing keys of a day, which an engine derives from access-key secrets, kept for requests to come. One counts
 * as in use only once it has verified a signature, so that strangers cannot displace those that are, and holds no
 * longer than its day and its access key's row: a change of the row makes the next request ask again. A stranger
 * who knows an access key's id can make up Regions, each of which has a key of its own: how many are derived for
 * scopes that nobody has signed for is bounded.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Caller } from '../../core/call.ts';
import { DAY_MS } from '../../core/clock.ts';
import { ServiceError } from '../../core/errors.ts';
import { Recent } from '../../core/recent.ts';
import { encodeBinding } from '../../engine/protocol/binding.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import type { Rows, Stored } from '../../store/rows-contract.ts';
import { type AccessKey, accessKeyBinding, callerOf } from '../access-keys.ts';
import { Allowance } from './allowance.ts';
import type { Credential } from './authorization.ts';
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
const MAX_KEYS = 4096;
const MAX_TRIED = 512;
/** New scopes of one access key: every Region of AWS for some services at once, then this many a second. */
const NEW_SCOPES = { burst: 100, perSecond: 2 } as const;

export class SigningKeys {
  readonly #rows: Rows;
  readonly #engine: Engine;
  readonly #keys = new Recent<SigningKey>({ entries: MAX_KEYS });
  /** Derived, but of no signature that was right. */
  readonly #tried = new Recent<SigningKey>({ entries: MAX_TRIED });
  readonly #deriving = new Map<string, Promise<SigningKey>>();
  /** Access key, Region and service of signatures that were right, on whatever day. */
  readonly #scopes = new Recent<true>({ entries: MAX_KEYS });
  /** By access key id. */
  readonly #allowances = new Recent<Allowance>({ entries: MAX_KEYS });
  /** The end of a day's window, when all that is kept is forgotten. */
  #expiry = 0;

  constructor(rows: Rows, engine: Engine) {
    this.#rows = rows;
    this.#engine = engine;
  }

  /** undefined when the key must be loaded. */
  kept(credential: Credential, now: number): SigningKey | undefined {
    if (now > this.#expiry) this.#forgetDay(now);
    const known = this.#keys.get(credential.text);
    if (known === undefined) return undefined;
    const row = this.#rows.peek<AccessKey>('access-key', credential.accessKeyId);
    if (row?.version === known.version) return known;
    this.#keys.delete(credential.text);
    return undefined;
  }

  #forgetDay(now: number): void {
    this.#keys.clear();
    this.#tried.clear();
    this.#expiry = endOfDay(now);
  }

  /** Rejects with ThrottlingException when too many new scopes of the access key were asked for. */
  async load(credential: Credential, now: number): Promise<SigningKey> {
    const { accessKeyId, text } = credential;
    const row = await this.#rows.get<AccessKey>('access-key', accessKeyId);
    if (row === undefined || row.value.status !== 'Active') return STAND_IN;
    const tried = this.#tried.get(text);
    if (tried?.version === row.version) return tried;
    const name = `${text} ${row.version}`;
    const running = this.#deriving.get(name);
    if (running !== undefined) return running;
    if (!this.#mayDerive(credential, now)) throw tooManyScopes();
    const deriving = this.#derive(credential, row).finally(() => this.#deriving.delete(name));
    this.#deriving.set(name, deriving);
    return deriving;
  }

  /** For a key that has verified a signature of its day. */
  keep(credential: Credential, key: SigningKey): void {
    this.#keys.set(credential.text, key);
    this.#tried.delete(credential.text);
    this.#scopes.set(scopeOf(credential), true);
  }

  async #derive(credential: Credential, row: Stored<AccessKey>): Promise<SigningKey> {
    const { accessKeyId, date, regionText: region, service } = credential;
    const binding = encodeBinding(accessKeyBinding(accessKeyId, row.value.account));
    const token = Buffer.from(row.value.token, 'base64');
    const reply = await this.#engine.call('signingKey', { binding, token, date, region, service });
    const key = createSecretKey(reply.key);
    reply.key.fill(0);
    const made = { version: row.version, key, caller: callerOf(accessKeyId, row.value) };
    this.#tried.set(credential.text, made);
    return made;
  }

  /** Scopes that somebody has signed for are always served, whatever strangers ask for. */
  #mayDerive(credential: Credential, now: number): boolean {
    if (this.#scopes.get(scopeOf(credential)) !== undefined) return true;
    const { accessKeyId } = credential;
    let allowance = this.#allowances.get(accessKeyId);
    if (allowance === undefined) {
      allowance = new Allowance(NEW_SCOPES.burst, NEW_SCOPES.perSecond, now);
      this.#allowances.set(accessKeyId, allowance);
    }
    return allowance.take(now);
  }
}

/** When no signature of the day before can be right any more. */
const endOfDay = (now: number): number => now - ((now - SKEW_MS) % DAY_MS) + DAY_MS;

const scopeOf = ({ accessKeyId, regionText, service }: Credential): string =>
  `${accessKeyId}/${regionText}/${service}`;

const tooManyScopes = (): ServiceError =>
  new ServiceError('ThrottlingException', 'Too many Regions are being used for the first time. Try again.');
