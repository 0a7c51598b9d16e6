/** Joins the HSMs of a cluster by pairs of sockets, over which each proves itself to the other. */
import type { HsmState } from '../../hsm/protocol/values.ts';
import { makePair } from '../pairs.ts';
import type { HostedHsm } from './hsm.ts';

/** In which an HSM talks to others. */
const talking: readonly (HsmState | undefined)[] = ['joining', 'behind', 'active'];

/** Both ends of a pair tell that it was lost: one new pair answers both. */
const SOON_MS = 200;
const MOST_MS = 1_000;

interface Join {
  readonly ends: readonly [HostedHsm, HostedHsm];
  timer: NodeJS.Timeout | undefined;
  waitMs: number;
}

export class Peering {
  readonly #joins = new Map<string, Join>();
  /** As they were when it was last looked. */
  readonly #states = new Map<HostedHsm, HsmState | undefined>();

  /** Of one cluster, after one of them changed. */
  look(members: readonly HostedHsm[]): void {
    for (const hsm of members) {
      const before = this.#states.get(hsm);
      this.#states.set(hsm, hsm.state);
      if (talking.includes(before) || !talking.includes(hsm.state)) continue;
      for (const other of members) if (other !== hsm) this.#join(hsm, other, 0);
    }
  }

  lost(one: HostedHsm, other: HostedHsm): void {
    this.#join(one, other, this.#joins.get(keyOf(one, other))?.waitMs ?? SOON_MS);
  }

  /** One of them has just let the other in. */
  now(one: HostedHsm, other: HostedHsm): void {
    const join = this.#joins.get(keyOf(one, other));
    clearTimeout(join?.timer);
    if (join !== undefined) join.timer = undefined;
    this.#join(one, other, 0);
  }

  /** It is no more. */
  forget(hsm: HostedHsm): void {
    this.#states.delete(hsm);
    for (const [key, { ends, timer }] of this.#joins) {
      if (!ends.includes(hsm)) continue;
      clearTimeout(timer);
      this.#joins.delete(key);
    }
  }

  #join(one: HostedHsm, other: HostedHsm, waitMs: number): void {
    if (!talking.includes(one.state) || !talking.includes(other.state)) return;
    const key = keyOf(one, other);
    const join = this.#joins.get(key) ?? { ends: [one, other], timer: undefined, waitMs: SOON_MS };
    this.#joins.set(key, join);
    if (join.timer !== undefined) return;
    join.waitMs = waitMs === 0 ? SOON_MS : Math.min(MOST_MS, join.waitMs * 2);
    join.timer = setTimeout(() => {
      join.timer = undefined;
      void this.#pair(one, other);
    }, waitMs);
  }

  async #pair(one: HostedHsm, other: HostedHsm): Promise<void> {
    const [server, client] =
      one.state === 'joining' || (other.state !== 'joining' && one.id > other.id)
        ? [other, one]
        : [one, other];
    const [near, far] = await makePair();
    server.hand({ type: 'peer', hsmId: client.id, server: true }, near);
    client.hand({ type: 'peer', hsmId: server.id, server: false }, far);
  }
}

const keyOf = (one: HostedHsm, other: HostedHsm): string => [one.id, other.id].sort().join(' ');
