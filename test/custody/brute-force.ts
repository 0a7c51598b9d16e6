/**
 * The rules again, the slow way: for one coalition at a time, straight from the facts, until nothing is added. It
 * shares no code with the evaluator but the facts' types, and finds verdicts by trying every coalition.
 */
import type { Fact, FactName, FactOf } from '../../src/custody/facts.ts';

const UNKNOWN = 'somebody unknown';

/** What is true of a coalition; and what of it by opening a locked copy in one place. */
interface Truth {
  readonly plain: Set<string>;
  readonly opened: Set<string>;
}

export class BruteForce {
  readonly #facts: readonly Fact[];
  readonly #cache = new Map<string, Truth>();

  constructor(facts: readonly Fact[]) {
    this.#facts = facts;
  }

  #all<Name extends FactName>(name: Name): readonly FactOf<Name>[] {
    return this.#facts.filter(({ fact }) => fact === name) as unknown as readonly FactOf<Name>[];
  }

  truth(coalition: readonly string[], place = ''): Truth {
    const key = JSON.stringify([[...coalition].sort(), place]);
    const known = this.#cache.get(key);
    if (known) return known;
    const truth: Truth = { plain: new Set(), opened: new Set() };
    const size = () => truth.plain.size + truth.opened.size;
    for (let before = -1; before !== size(); ) {
      before = size();
      this.#round(new Set(coalition), place, truth);
    }
    this.#cache.set(key, truth);
    return truth;
  }

  #round(c: ReadonlySet<string>, openedPlace: string, { plain, opened }: Truth): void {
    const conclude = (head: string, body: readonly string[], begins = false) => {
      if (!body.every((atom) => plain.has(atom))) return;
      plain.add(head);
      if (begins || body.some((atom) => opened.has(atom))) opened.add(head);
    };
    const running = this.#all('proc').filter(({ state }) => state === 'run');
    const runs = (process: string) => running.some((proc) => proc.process === process);
    for (const { party, host } of this.#all('root')) if (c.has(party)) conclude(`at ${host}`, []);
    for (const { party, host } of this.#all('provider')) {
      if (c.has(party) && !this.#all('sealedmem').some((sealed) => sealed.host === host))
        conclude(`at ${host}`, []);
      if (!c.has(party)) continue;
      for (const place of this.#all('place')) if (place.host === host) conclude(`reads ${place.place}`, []);
    }
    for (const { process, host, user } of running) {
      conclude(`inside ${process}`, [`at ${host}`]);
      for (const account of this.#all('account'))
        if (account.user === user && c.has(account.party)) conclude(`inside ${process}`, []);
    }
    for (const { process } of this.#all('proc')) conclude(`reach ${process}`, [`inside ${process}`]);
    for (const { party, process } of this.#all('net')) if (c.has(party)) conclude(`reach ${process}`, []);
    for (const { party, place } of this.#all('reader')) if (c.has(party)) conclude(`reads ${place}`, []);
    for (const { place, host } of this.#all('place')) conclude(`reads ${place}`, [`at ${host}`]);
    for (const { party, secret } of this.#all('keeper')) if (c.has(party)) conclude(`has ${secret}`, []);
    for (const { process, secret } of this.#all('mem')) conclude(`has ${secret}`, [`inside ${process}`]);
    for (const { secret, place, under } of this.#all('stored')) {
      if (this.#all('destroyed').some((gone) => gone.secret === secret && gone.place === place)) continue;
      const body = under === 'clear' ? [] : [`has ${under}`];
      conclude(`has ${secret}`, [`reads ${place}`, ...body], under !== 'clear' && place === openedPlace);
    }
    for (const { secret, k } of this.#all('quorum')) {
      const holders = new Set(this.#all('share').flatMap((s) => (s.secret === secret ? [s.party] : [])));
      if ([...holders].filter((party) => c.has(party)).length >= k) conclude(`has ${secret}`, []);
    }
    for (const { process, credential, key, for: what } of this.#all('accepts')) {
      const head = what === 'wrap' ? `has ${key}` : `use ${key}`;
      if (runs(process)) conclude(head, [`has ${credential}`, `reach ${process}`]);
    }
    for (const { process, key } of this.#all('live')) conclude(`use ${key}`, [`inside ${process}`]);
    for (const { process, key } of this.#all('passes')) conclude(`pass ${key}`, [`inside ${process}`]);
    for (const { key, material } of this.#all('material')) conclude(`use ${key}`, [`has ${material}`]);
    for (const { group, k } of this.#all('approve')) {
      const staff = this.#all('party').some(({ party, kind }) => kind === 'staff' && c.has(party));
      if (staff && group.filter((party) => c.has(party)).length >= k) conclude('use k', []);
    }
    for (const { material, from } of this.#all('came')) {
      const sole = this.#all('sole').some((fact) => fact.material === material);
      if (from === 'outside' && !sole && c.has(UNKNOWN)) conclude(`has ${material}`, []);
    }
  }

  /** Rule 23, by trying every coalition of the others. Each set as sorted names; `[]` is alone. */
  verdict(goal: string, actor: readonly string[]): readonly (readonly string[])[] {
    const parties = [...new Set(this.#all('party').map(({ party }) => party)), UNKNOWN];
    const others = parties.filter((party) => !actor.includes(party));
    const subsets = subsetsOf(others);
    const can = (coalition: readonly string[]) => this.truth(coalition).plain.has(goal);
    if (can(actor)) return [[]];
    const working = subsets.filter((set) => can([...actor, ...set]));
    const among = (allowed: (set: readonly string[]) => boolean) => {
      const contributed = working.filter(
        (set) => allowed(set) && (!can(set) || this.#opens(goal, actor, set)),
      );
      return smallest(
        contributed.length > 0 ? contributed : subsets.filter((set) => allowed(set) && can(set)),
      );
    };
    const honest = among((set) => !set.some(this.#isThief));
    return honest.length > 0 ? honest : among(() => true);
  }

  #isThief = (name: string): boolean =>
    this.#all('party').some(({ party, kind }) => party === name && kind.startsWith('thief'));

  /** The set opens a locked copy that the actor reads and the set does not, and so gets there. */
  #opens(goal: string, actor: readonly string[], set: readonly string[]): boolean {
    return this.#all('place').some(
      ({ place }) =>
        this.truth(actor).plain.has(`reads ${place}`) &&
        !this.truth(set).plain.has(`reads ${place}`) &&
        this.truth([...actor, ...set], place).opened.has(goal),
    );
  }
}

const subsetsOf = (items: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: 2 ** items.length }, (_, bits) => items.filter((_, index) => (bits >> index) & 1));

const smallest = (sets: readonly (readonly string[])[]): readonly (readonly string[])[] =>
  sets.filter(
    (set) => !sets.some((other) => other.length < set.length && other.every((party) => set.includes(party))),
  );
