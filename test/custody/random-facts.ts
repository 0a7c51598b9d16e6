/** Small random sets of facts, complete but for what the defaults add. */
import type { Bare, Fact, Facts } from '../../src/custody/facts.ts';
import type { Random } from '../support/random.ts';
import { NOW } from './arrangement.ts';

const parties = ['a', 'b', 'c', 'd', 'e'] as const;
const secrets = ['m', 'seal', 'domain-key', 'credential'] as const;
const some = (random: Random, most: number, make: () => Bare): readonly Bare[] =>
  Array.from({ length: random.below(most + 1) }, make);

const basis = { basis: 'assumed', because: 'a test' } as const;

export function randomFacts(random: Random): Facts {
  const group = parties.filter(() => random.below(2) === 0);
  const facts: readonly Bare[] = [
    ...parties.map(
      (party): Bare => ({
        fact: 'party',
        party,
        kind: random.pick(['staff', 'root', 'approver', 'tenant', 'thief-of-disk']),
        owner: random.pick(['operator', 'operator', 'tenant', 'somebody']),
      }),
    ),
    { fact: 'material', key: 'k', material: 'm' },
    { fact: 'came', material: 'm', from: random.pick(['inside', 'inside', 'receipt', 'outside']) },
    ...['front', 'engine'].map(
      (process): Bare => ({
        fact: 'proc',
        process,
        role: process,
        host: random.pick(['h', 'i']),
        user: random.pick(['u', 'v']),
        state: random.pick(['run', 'run', 'stop']),
      }),
    ),
    { fact: 'tls', process: 'front' },
    ...['disk', 'backup'].map(
      (place): Bare => ({ fact: 'place', place, kind: 'data', host: random.pick(['h', 'i', 'j']) }),
    ),
    ...['h', 'i', 'j'].map((host): Bare => ({ fact: 'root', party: random.pick(parties), host })),
    ...(group.length > 0 ? [{ fact: 'approve', act: 'use', group, k: 1 + random.below(2) } as const] : []),
    ...(random.below(2) === 0 ? [{ fact: 'quorum', secret: 'seal', k: 2 } as const] : []),
    ...some(random, 3, () => ({ fact: 'share', party: random.pick(parties), secret: 'seal' })),
    ...(random.below(4) === 0 ? [{ fact: 'sole', party: random.pick(parties), material: 'm' } as const] : []),
    ...(random.below(4) === 0 ? [{ fact: 'sealedmem', host: 'h' } as const] : []),
    ...(random.below(4) === 0
      ? [{ fact: 'destroyed', secret: 'm', place: 'disk', entry: '1' } as const]
      : []),
    ...some(random, 8, () => positiveFact(random)),
  ];
  return { at: NOW, facts: facts.map((fact) => ({ ...fact, basis }) as Fact) };
}

/** A fact that lets somebody do more, never less. */
export function positiveFact(random: Random): Bare {
  const party = random.pick(parties);
  const secret = random.pick(secrets);
  const process = random.pick(['front', 'engine']);
  const place = random.pick(['disk', 'backup']);
  const host = random.pick(['h', 'i', 'j']);
  const facts: readonly Bare[] = [
    { fact: 'root', party, host },
    { fact: 'provider', party, host },
    { fact: 'account', party, user: random.pick(['u', 'v']) },
    { fact: 'net', party, process },
    { fact: 'keeper', party, secret },
    { fact: 'reader', party, place },
    { fact: 'mem', process, secret },
    { fact: 'live', process, key: 'k' },
    { fact: 'passes', process, key: 'k' },
    { fact: 'chooses', party, process, mode: random.pick(['auto', 'tenant']) },
    { fact: 'accepts', process, credential: 'credential', key: 'k', for: 'use' },
    { fact: 'stored', secret, place, under: 'clear' },
    { fact: 'stored', secret: 'm', place, under: random.pick(['seal', 'domain-key']) },
    { fact: 'stored', secret: 'domain-key', place, under: 'seal' },
  ];
  return random.pick(facts);
}
