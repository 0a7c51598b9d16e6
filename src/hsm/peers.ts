/** Links with the other members (docs/formats/hsm-protocol.md, "Members"), over sockets that the host hands over. */
import type { KeyObject } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, TLSSocket } from 'node:tls';
import { type Log, whereFrom } from '../engine/protocol/log.ts';
import { spkiOf } from './protocol/chain.ts';
import { HsmError } from './protocol/errors.ts';
import { Link, routesOf } from './protocol/link.ts';
import { CHANGES_MAX, peerMessages } from './protocol/peer-messages.ts';
import { PEER_ALPN } from './protocol/tls.ts';
import type { Change } from './vault.ts';

const DEADLINE_MS = 10_000;
const CHANGE_OVERHEAD = 256;

/** What the HSM is to the links. */
export interface PeerSide {
  readonly clusterId: string;
  readonly hsmId: string;
  /** Key and certificate (PEM) to prove the identity with. */
  identity(): { readonly key: KeyObject; readonly certificate: string };
  /** SPKI of a member, as approved. */
  approved(hsmId: string): Uint8Array | undefined;
  readonly joining: () => boolean;
  held(): readonly { readonly origin: string; readonly sequence: number }[];
  lacking(held: ReadonlyMap<string, number>): readonly Change[];
  /** Resolves when they are stored. */
  receive(changes: readonly Change[]): Promise<void>;
  /** The other end has sent all that was lacking here. */
  caughtUp(): Promise<void>;
  /** The other end knows of changes of this HSM's own that are not here. */
  wasPutBack(): void;
  /** A new socket to the member is wanted. */
  lost(hsmId: string): void;
}

type PeerLink = Link<typeof peerMessages>;
interface Peer {
  readonly link: PeerLink;
  /** New changes are sent as they are made. */
  following: boolean;
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

  /** Resolves with the members that have stored the changes. */
  async broadcast(changes: readonly Change[]): Promise<ReadonlySet<string>> {
    const reached = new Set<string>();
    const sends = [...this.#peers].map(async ([hsmId, peer]) => {
      if (!peer.following) return;
      try {
        await Promise.all(batches(changes).map((batch) => peer.link.call('changes', { changes: batch })));
        if (this.isLive(hsmId)) reached.add(hsmId);
      } catch (error) {
        // It starts anew, with what it lacks.
        peer.link.close(error as Error);
      }
    });
    await Promise.all(sends);
    return reached;
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
    const approved = this.#side.approved(hsmId);
    const known = shown !== undefined && approved !== undefined && spkiOf(shown).equals(approved);
    if (!known && !this.#side.joining()) {
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
        await this.#side.receive(changes.map((made) => ({ ...made, content: Buffer.from(made.content) })));
        return {};
      },
      caughtUp: async () => {
        await this.#side.caughtUp();
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
    const peer: Peer = { link, following: false, sentAll: false, gotAll: false };
    this.#peers.set(hsmId, peer);
    replaced?.link.close();
    const { clusterId, hsmId: own } = this.#side;
    const joining = this.#side.joining();
    link
      .call('meet', { clusterId, hsmId: own, joining, held: this.#side.held() })
      .catch((error: Error) => link.close(error));
  }

  /** Throws: the link closes. */
  #check(met: { clusterId: string; hsmId: string; held: ReturnType<PeerSide['held']> }, hsmId: string): void {
    if (met.clusterId !== this.#side.clusterId || met.hsmId !== hsmId)
      throw new HsmError('refused', 'another HSM than the one expected');
    const own = (held: ReturnType<PeerSide['held']>): number =>
      held.find(({ origin }) => origin === this.#side.hsmId)?.sequence ?? 0;
    if (this.#side.joining() || own(met.held) <= own(this.#side.held())) return;
    this.#side.wasPutBack();
    throw new HsmError('state', 'this HSM was put back');
  }

  /** All that is sent on one link is in order: what was lacking, then what comes. */
  #follow(peer: Peer, held: ReadonlyMap<string, number>): void {
    const sends = this.#side.joining()
      ? []
      : batches(this.#side.lacking(held)).map((batch) => peer.link.call('changes', { changes: batch }));
    peer.following = true;
    sends.push(peer.link.call('caughtUp', {}));
    Promise.all(sends).then(
      () => {
        peer.sentAll = true;
      },
      (error: Error) => peer.link.close(error),
    );
  }

  #lost(hsmId: string, peer: Peer): void {
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
