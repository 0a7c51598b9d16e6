/** Joins the HSMs of a cluster by pairs of sockets, over which each proves itself to the other. */
import type { HsmState } from '../../hsm/protocol/values.ts';
import { makePair } from '../pairs.ts';
import type { HostedHsm } from './hsm.ts';

/** In which an HSM talks to the others that it knows. */
const talking: readonly (HsmState | undefined)[] = ['behind', 'active'];

/** Both ends of a pair tell that it was lost: one new pair answers both. */
const SOON_MS = 200;
const MOST_MS = 2_000;

interface Join {
  readonly ends: readonly [HostedHsm, HostedHsm];
  timer: NodeJS.Timeout | undefined;
  waitMs: number;
}

export class Peering {
  /** Of those that can talk to each other now. */
  readonly #joins = new Map<string, Join>();

  /** Of one cluster, after one of them changed. */
  look(members: readonly HostedHsm[]): void {
    for (const [index, one] of members.entries())
      for (const other of members.slice(index + 1)) this.#lookAt(one, other);
  }

  lost(one: HostedHsm, other: HostedHsm): void {
    const join = this.#joins.get(keyOf(one, other));
    if (join === undefined) return;
    this.#begin(join, join.waitMs);
    join.waitMs = Math.min(MOST_MS, join.waitMs * 2);
  }

  /** It is no more. */
  forget(hsm: HostedHsm): void {
    for (const [key, { ends }] of this.#joins) if (ends.includes(hsm)) this.#drop(key);
  }

  #lookAt(one: HostedHsm, other: HostedHsm): void {
    const key = keyOf(one, other);
    if (!canTalk(one, other)) {
      this.#drop(key);
    } else if (!this.#joins.has(key)) {
      const join: Join = { ends: [one, other], timer: undefined, waitMs: SOON_MS };
      this.#joins.set(key, join);
      this.#begin(join, 0);
    }
  }

  #begin(join: Join, waitMs: number): void {
    join.timer ??= setTimeout(() => {
      join.timer = undefined;
      void pair(...join.ends);
    }, waitMs);
  }

  #drop(key: string): void {
    clearTimeout(this.#joins.get(key)?.timer);
    this.#joins.delete(key);
  }
}

/** One that joins is not listened to before it was approved. */
function canTalk(one: HostedHsm, other: HostedHsm): boolean {
  if (one.state === 'joining') return talking.includes(other.state) && knows(other, one);
  if (other.state === 'joining') return talking.includes(one.state) && knows(one, other);
  return talking.includes(one.state) && talking.includes(other.state);
}

const knows = (member: HostedHsm, joining: HostedHsm): boolean =>
  member.described?.members.includes(joining.id) ?? false;

/** The one that joins dials (docs/formats/hsm-protocol.md, "Members"). */
async function pair(one: HostedHsm, other: HostedHsm): Promise<void> {
  const oneDials = one.state === 'joining' || (other.state !== 'joining' && one.id > other.id);
  const [server, client] = oneDials ? [other, one] : [one, other];
  const [near, far] = await makePair();
  server.hand({ type: 'peer', hsmId: client.id, server: true }, near);
  client.hand({ type: 'peer', hsmId: server.id, server: false }, far);
}

const keyOf = (one: HostedHsm, other: HostedHsm): string => [one.id, other.id].sort().join(' ');
