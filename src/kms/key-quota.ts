/**
 * How many customer managed keys an account may have in a Region (KMS developer guide, "Resource quotas": "KMS keys"),
 * in whatever state. They are counted in memory: a row that counts would make every CreateKey wait for the others. The
 * store is asked again after a while, so that what was destroyed and what other nodes made is known; until then a node
 * may go over by what the others made meanwhile, and by the calls that are under way as it asks.
 */
import { must, type Place, parseAliasName } from '../core/ids.ts';
import { Recent } from '../core/recent.ts';
import type { Rows } from '../store/rows-contract.ts';
import type { Aliases } from './aliases.ts';
import { limitExceeded } from './errors.ts';
import { placePrefix } from './key.ts';
import { managedAlias, managedServices } from './rules/managed-keys.ts';

interface Count {
  readonly asOf: number;
  readonly found: Promise<{ keys: number }>;
}

const GOOD_MS = 30_000;
/** Accounts and Regions whose count is remembered. */
const PLACES = 10_000;
const managedNames = managedServices.map((service) =>
  must(parseAliasName(managedAlias(service)), 'alias name'),
);

export class KeyQuota {
  readonly #rows: Rows;
  readonly #aliases: Aliases;
  readonly #most: number;
  readonly #counts = new Recent<Count>({ entries: PLACES });

  constructor(rows: Rows, aliases: Aliases, most: number) {
    this.#rows = rows;
    this.#aliases = aliases;
    this.#most = most;
  }

  /** Counts a key that is about to be made; the answer takes it back. `time` is now, in milliseconds. */
  async claim(place: Place, time: number): Promise<() => void> {
    const count = await this.#count(place, time).found;
    if (count.keys >= this.#most)
      throw limitExceeded(
        `The account ${place.account} has ${this.#most} KMS keys in ${place.region}, which is the limit.`,
      );
    count.keys += 1;
    return () => {
      count.keys -= 1;
    };
  }

  #count(place: Place, time: number): Count {
    const prefix = placePrefix(place);
    const known = this.#counts.get(prefix);
    if (known !== undefined && Math.abs(time - known.asOf) < GOOD_MS) return known;
    const count = { asOf: time, found: this.#ask(place, prefix) };
    this.#counts.set(prefix, count);
    count.found.catch(() => this.#counts.delete(prefix));
    return count;
  }

  async #ask(place: Place, prefix: string): Promise<{ keys: number }> {
    const [all, ...managed] = await Promise.all([
      this.#rows.count('key', prefix),
      ...managedNames.map((name) => this.#aliases.find(place, name)),
    ]);
    return { keys: all - managed.filter((alias) => alias !== undefined).length };
  }
}
