/** Reproducible randomness for fuzzing: the same seed, the same cases. LOCKHOLM_FUZZ multiplies the rounds. */
export interface Random {
  /** 0 to bound - 1. */
  below(bound: number): number;
  bytes(size: number): Buffer;
  pick<T>(from: readonly T[]): T;
}

/** xorshift128, seeded by FNV-1a over the name of the test. */
export function seeded(name: string): Random {
  const state = [1, 2, 3, 4].map((salt) => {
    let hash = 0x811c9dc5 ^ salt;
    for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193);
    return hash >>> 0;
  });
  const next = (): number => {
    let t = state[3] ?? 0;
    const s = state[0] ?? 0;
    state[3] = state[2] ?? 0;
    state[2] = state[1] ?? 0;
    state[1] = s;
    t ^= t << 11;
    t ^= t >>> 8;
    state[0] = (t ^ s ^ (s >>> 19)) >>> 0;
    return state[0];
  };
  const below = (bound: number): number => next() % bound;
  return {
    below,
    bytes: (size) => Buffer.from(Array.from({ length: size }, () => below(256))),
    pick: (from) => from[below(from.length)] as (typeof from)[number],
  };
}

export const rounds = (standard: number): number =>
  standard * Math.max(1, Number(process.env.LOCKHOLM_FUZZ ?? 1) || 1);
