/** Rules 1 to 4: who is at a host, who is inside a process; and who reaches a process. */
import { at, inside, joined, member, type Rule, reach } from './clause.ts';

/** 1 at(C,H) :- root(P,H), P in C. */
export const rule1: Rule = (world) =>
  world
    .each('root')
    .map((root) => ({ rule: 1, head: at(root.host), body: [member(root.party)], facts: [root] }));

/** 2 at(C,H) :- provider(P,H), P in C, not sealedmem(H). */
export const rule2: Rule = (world) =>
  world
    .each('provider')
    .filter(({ host }) => !world.each('sealedmem').some((sealed) => sealed.host === host))
    .map((provider) => ({
      rule: 2,
      head: at(provider.host),
      body: [member(provider.party)],
      facts: [provider],
    }));

/** 3 inside(C,Pr) :- proc(Pr,_,H,_,run), at(C,H). */
export const rule3: Rule = (world) =>
  world
    .running()
    .flatMap((proc) =>
      proc.host === undefined
        ? []
        : [{ rule: 3, head: inside(proc.process), body: [at(proc.host)], facts: [proc] }],
    );

/** 4 inside(C,Pr) :- proc(Pr,_,_,U,run), account(P,U), P in C. */
export const rule4: Rule = (world) =>
  joined(world.running(), world.each('account'), (proc, account) => proc.user === account.user).map(
    ([proc, account]) => ({
      rule: 4,
      head: inside(proc.process),
      body: [member(account.party)],
      facts: [proc, account],
    }),
  );

/** reach(C,Pr) :- net(P,Pr), P in C; or inside(C,Pr). */
export const reachRule: Rule = (world) => [
  ...world
    .each('net')
    .map((net) => ({ rule: 0, head: reach(net.process), body: [member(net.party)], facts: [net] })),
  ...world
    .each('proc')
    .map(({ process }) => ({ rule: 0, head: reach(process), body: [inside(process)], facts: [] })),
];
