/** Links with the other members (docs/formats/hsm-protocol.md, "Members"), over sockets that the host hands over. */
import type { KeyObject } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, TLSSocket } from 'node:tls';
import { type Log, whereFrom } from '../engine/protocol/log.ts';
import { spkiOf } from './protocol/chain.ts';
import { HsmError } from './protocol/errors.ts';
import { Link, routesOf } from './protocol/link.ts';
import { CHANGE_OVERHEAD, CHANGES_MAX, peerMessages } from './protocol/peer-messages.ts';
import { PEER_ALPN } from './protocol/tls.ts';
import type { Change } from './vault.ts';

const DEADLINE_MS = 10_000;

/** For each origin the last change held. */
export type Held = readonly { readonly origin: string; readonly sequence: number }[];

/** Who is at the other end of a link: the HSM that the host says, and the key (SPKI) that it proved. */
export interface Sender {
  readonly hsmId: string;
  readonly identity: Buffer;
}

/** What the HSM is to the links. */
export interface PeerSide {
  readonly clusterId: string;
  readonly hsmId: string;
  /** Key and certificate (PEM) to prove the identity with. */
  identity(): { readonly key: KeyObject; readonly certificate: string };
  /** SPKI of a member, as approved. */
  approved(hsmId: string): Uint8Array | undefined;
  readonly joining: () => boolean;
  held(): Held;
  lacking(held: ReadonlyMap<string, number>): readonly Change[];
  /** Of this HSM's own changes those after one. */
  madeSince(sequence: number): readonly Change[];
  /** Throws for what is not taken in; resolves when it is stored, or while joining held for the end of that. */
  receive(changes: readonly Change[], from: Sender): Promise<void>;
  /** The other end has sent all that was lacking here of what it held. Throws `refused` for one that is no member. */
  caughtUp(held: Held, from: Sender): Promise<void>;
  /** Nothing more comes from it. */
  gone(from: Sender): void;
  /** The other end knows of changes of this HSM's own that are not here. */
  wasPutBack(): void;
  /** A new socket to the member is wanted. */
  lost(hsmId: string): void;
}

type PeerLink = Link<typeof peerMessages>;
interface Peer extends Sender {
  readonly link: PeerLink;
  /** New changes are sent as they are made. */
  following: boolean;
  /** Of this HSM's own changes the last that was sent. */
  told: number;
  /** Resolves when all that was sent until now is stored there. */
  stored: Promise<unknown>;
  sentAll: boolean;
  gotAll: boolean;
}

export class Peers {
  readonly #side: PeerSide;
  readonly #log: Log;
  readonly #peers = new Map<string, Peer>();

  constructor(side: PeerSide, log: Log) {
    this.#side = side;
    this.#log = log;
  }

  /** Both ends have all that the other had. */
  isLive(hsmId: string): boolean {
    const peer = this.#peers.get(hsmId);
    return peer?.sentAll === true && peer.gotAll;
  }

  get live(): readonly string[] {
    return [...this.#peers.keys()].filter((id) => this.isLive(id));
  }

  /** Takes over a socket; an older link with the same member is dropped. */
  attach(socket: Socket, hsmId: string, server: boolean): void {
    this.#tls(socket, server).then(
      (secured) => this.#meet(secured, hsmId),
      (error: unknown) => {
        socket.destroy();
        this.#log('peer-refused', { hsm: hsmId, ...whereFrom(error) });
        this.#side.lost(hsmId);
      },
    );
  }

  /**
   * What this HSM has changed and not yet sent: that is also what was made before something failed. Resolves with the
   * members that have all of it stored.
   */
  async broadcast(): Promise<ReadonlySet<string>> {
    const reached = new Set<string>();
    const sends = [...this.#peers].map(async ([hsmId, peer]) => {
      if (!peer.following || !this.#isApproved(peer)) return;
      try {
        await this.#send(peer, this.#side.madeSince(peer.told));
        if (this.isLive(hsmId)) reached.add(hsmId);
      } catch (error) {
        // It starts anew, with what it lacks.
        peer.link.close(error as Error);
      }
    });
    await Promise.all(sends);
    return reached;
  }

  /** Closes the links whose other end is not, or no longer, the member it was taken for. */
  closeUnapproved(): void {
    for (const peer of [...this.#peers.values()]) if (!this.#isApproved(peer)) peer.link.close();
  }

  close(): void {
    for (const { link } of [...this.#peers.values()]) link.close();
  }

  async #tls(socket: Socket, server: boolean): Promise<TLSSocket> {
    const { key, certificate } = this.#side.identity();
    const common = {
      key: key.export({ type: 'pkcs8', format: 'pem' }),
      cert: certificate,
      minVersion: 'TLSv1.3',
      ALPNProtocols: [PEER_ALPN],
      // Identities are compared as bytes, in `#meet`.
      rejectUnauthorized: false,
    } as const;
    const secured = server
      ? new TLSSocket(socket, { ...common, isServer: true, requestCert: true })
      : connect({ ...common, socket });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no handshake in time')), DEADLINE_MS);
      secured.once(server ? 'secure' : 'secureConnect', () => resolve());
      secured.once('error', reject);
      secured.once('close', () => reject(new Error('closed in the handshake')));
      secured.once('secure', () => clearTimeout(timer));
      secured.once('close', () => clearTimeout(timer));
    });
    return secured;
  }

  #meet(socket: TLSSocket, hsmId: string): void {
    const shown = socket.getPeerX509Certificate();
    const sender = shown === undefined ? undefined : { hsmId, identity: spkiOf(shown) };
    // Who joins knows nobody yet: `#caughtUp` looks again.
    if (sender === undefined || !(this.#side.joining() || this.#isApproved(sender))) {
      socket.destroy();
      this.#side.lost(hsmId);
      return;
    }
    const replaced = this.#peers.get(hsmId);
    const routes = routesOf(peerMessages, {
      meet: (request) => {
        this.#check(request, hsmId);
        setImmediate(() => this.#follow(peer, new Map(request.held.map((h) => [h.origin, h.sequence]))));
        return {};
      },
      changes: async ({ changes }) => {
        // The frame's bytes are views.
        const copied = changes.map((made) => ({ ...made, content: Buffer.from(made.content) }));
        await this.#take(peer, () => this.#side.receive(copied, peer));
        return {};
      },
      caughtUp: async ({ held }) => {
        await this.#take(peer, () => this.#caughtUp(held, peer));
        peer.gotAll = true;
        return {};
      },
    });
    const link: PeerLink = new Link(socket, peerMessages, {
      routes,
      pauseWhenBlocked: true,
      deadlineMs: DEADLINE_MS,
      failed: (error) => this.#log('peer-request-failed', whereFrom(error)),
      closed: () => this.#lost(hsmId, peer),
    });
    const peer: Peer = {
      ...sender,
      link,
      following: false,
      told: 0,
      stored: Promise.resolve(),
      sentAll: false,
      gotAll: false,
    };
    this.#peers.set(hsmId, peer);
    replaced?.link.close();
    const { clusterId, hsmId: own } = this.#side;
    const joining = this.#side.joining();
    link
      .call('meet', { clusterId, hsmId: own, joining, held: this.#side.held() })
      .catch((error: Error) => link.close(error));
  }

  /** Throws: the link closes. */
  #check(met: { clusterId: string; hsmId: string; held: Held }, hsmId: string): void {
    if (met.clusterId !== this.#side.clusterId || met.hsmId !== hsmId)
      throw new HsmError('refused', 'another HSM than the one expected');
    if (this.#side.joining() || this.#ownIn(met.held) <= this.#ownIn(this.#side.held())) return;
    this.#side.wasPutBack();
    throw new HsmError('state', 'this HSM was put back');
  }

  #isApproved({ hsmId, identity }: Sender): boolean {
    const approved = this.#side.approved(hsmId);
    return approved !== undefined && identity.equals(approved);
  }

  /** What is not taken in closes the link at once: nothing that follows it may be. It starts anew. */
  #take(peer: Peer, take: () => Promise<void>): Promise<void> {
    try {
      if (!(this.#side.joining() || this.#isApproved(peer)))
        throw new HsmError('refused', 'this link is not one with a member');
      return take();
    } catch (error) {
      peer.link.close();
      throw error;
    }
  }

  #caughtUp(held: Held, peer: Peer): Promise<void> {
    const joining = this.#side.joining();
    const taken = this.#side.caughtUp(held, peer);
    // What came on the others while joining was not taken in: they start anew.
    if (joining) for (const other of [...this.#peers.values()]) if (other !== peer) other.link.close();
    return taken;
  }

  /** All that is sent on one link is in order: what was lacking, then what comes. */
  #follow(peer: Peer, held: ReadonlyMap<string, number>): void {
    if (!this.#side.joining() && !this.#isApproved(peer)) {
      peer.link.close();
      return;
    }
    peer.following = true;
    const sent = this.#send(peer, this.#side.joining() ? [] : this.#side.lacking(held));
    const caughtUp = peer.link.call('caughtUp', { held: this.#side.held() });
    Promise.all([sent, caughtUp]).then(
      () => {
        peer.sentAll = true;
      },
      (error: Error) => peer.link.close(error),
    );
  }

  /** Changes up to now. */
  #send(peer: Peer, changes: readonly Change[]): Promise<unknown> {
    const sends = batches(changes).map((batch) => peer.link.call('changes', { changes: batch }));
    peer.told = this.#ownIn(this.#side.held());
    peer.stored = Promise.all([peer.stored, ...sends]);
    return peer.stored;
  }

  #ownIn(held: Held): number {
    return held.find(({ origin }) => origin === this.#side.hsmId)?.sequence ?? 0;
  }

  #lost(hsmId: string, peer: Peer): void {
    this.#side.gone(peer);
    if (this.#peers.get(hsmId) !== peer) return;
    this.#peers.delete(hsmId);
    this.#side.lost(hsmId);
  }
}

function batches(changes: readonly Change[]): readonly (readonly Change[])[] {
  const out: Change[][] = [];
  let size = CHANGES_MAX;
  for (const made of changes) {
    size += made.content.length + CHANGE_OVERHEAD;
    if (size > CHANGES_MAX) {
      out.push([]);
      size = made.content.length + CHANGE_OVERHEAD;
    }
    out.at(-1)?.push(made);
  }
  return out;
}
