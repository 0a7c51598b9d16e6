/** Rule 18: who chooses the build, and so has from the next start what the process will then hold. */
import { TENANT } from '../facts.ts';
import { has, joined, member, next, pass, type Rule, use } from './clause.ts';

/**
 * 18 next(C,X) :- chooses(P,Pr,auto), P in C, mem(Pr,X). From the next start; `tenant` needs the tenant, who cannot
 * tell unless the build is reproducible and pinned.
 */
export const rule18: Rule = (world) => {
  const tenants = world.each('party').filter(({ owner }) => owner === TENANT);
  return world.each('chooses').flatMap((chooses) => {
    const body = [member(chooses.party)];
    const head = next(chooses.process);
    return chooses.mode === 'auto'
      ? [{ rule: 18, head, body, facts: [chooses] }]
      : tenants.map((tenant) => ({
          rule: 18,
          head,
          body: [...body, member(tenant.party)],
          facts: [chooses, tenant],
        }));
  });
};

/** What `next` gives from the next start on: the memory, and with it what is live in the process and passes it. */
export const fromNextStart: Rule = (world) => {
  const chosen = world.each('chooses');
  const first = new Map(chosen.map((chooses) => [chooses.process, chooses]));
  const held = joined([...first.values()], world.each('mem'), (a, b) => a.process === b.process);
  const live = joined([...first.values()], world.each('live'), (a, b) => a.process === b.process);
  const passing = joined([...first.values()], world.each('passes'), (a, b) => a.process === b.process);
  return [
    ...held.map(([{ process }, fact]) => ({ head: has(fact.secret), process, fact })),
    ...live.map(([{ process }, fact]) => ({ head: use(fact.key), process, fact })),
    ...passing.map(([{ process }, fact]) => ({ head: pass(fact.key), process, fact })),
  ].map(({ head, process, fact }) => ({ rule: 18, head, body: [next(process)], facts: [fact] }));
};
