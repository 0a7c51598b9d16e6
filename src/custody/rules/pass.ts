/** Rule 17: who sees plaintext as it passes. */
import { inside, pass, type Rule } from './clause.ts';

/** 17 pass(C,K) :- passes(Pr,K), inside(C,Pr). */
export const rule17: Rule = (world) =>
  world
    .each('passes')
    .map((passes) => ({ rule: 17, head: pass(passes.key), body: [inside(passes.process)], facts: [passes] }));
