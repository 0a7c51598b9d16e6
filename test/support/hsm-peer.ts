/** The other end of a peer link that no HSM is at: proves a key of its own, says what it is told to, notes what comes. */
import { once } from 'node:events';
import { connect } from 'node:tls';
import { newKey, selfSigned, spkiOfKey } from '../../src/hsm/certificates.ts';
import { Link, routesOf } from '../../src/hsm/protocol/link.ts';
import { peerMessages } from '../../src/hsm/protocol/peer-messages.ts';
import { PEER_ALPN } from '../../src/hsm/protocol/tls.ts';
import type { Change } from '../../src/hsm/vault.ts';
import { makePair } from '../../src/server/pairs.ts';
import type { HostedHsm } from './hsm-host.ts';

export class StrangePeer {
  readonly hsmId: string;
  readonly clusterId: string;
  readonly key = newKey();
  /** Changes that came. */
  came = 0;
  onChanges: (changes: readonly Change[]) => void = () => undefined;
  /** The other end has said `meet`: it takes the link for one. */
  readonly met: Promise<void>;
  #met: () => void = () => undefined;
  #link: Link<typeof peerMessages> | undefined;

  constructor(hsmId: string, clusterId: string) {
    this.hsmId = hsmId;
    this.clusterId = clusterId;
    this.met = new Promise((resolve) => {
      this.#met = resolve;
    });
  }

  get identity(): Buffer {
    return spkiOfKey(this.key);
  }
  get closed(): boolean {
    return this.link.closed;
  }
  get link(): Link<typeof peerMessages> {
    if (this.#link === undefined) throw new Error('not connected');
    return this.#link;
  }

  async connect(to: HostedHsm): Promise<void> {
    const [near, far] = await makePair();
    to.send({ type: 'peer', hsmId: this.hsmId, server: true }, far);
    const secured = connect({
      socket: near,
      key: this.key.export({ type: 'pkcs8', format: 'pem' }),
      cert: selfSigned(this.key, this),
      minVersion: 'TLSv1.3',
      ALPNProtocols: [PEER_ALPN],
      rejectUnauthorized: false,
    });
    await once(secured, 'secureConnect');
    const routes = routesOf(peerMessages, {
      meet: () => {
        this.#met();
        return {};
      },
      changes: ({ changes }) => {
        this.came += changes.length;
        this.onChanges(changes);
        return {};
      },
      caughtUp: () => ({}),
    });
    this.#link = new Link(secured, peerMessages, { routes, pauseWhenBlocked: true });
  }

  meet(): Promise<unknown> {
    const { clusterId, hsmId } = this;
    return this.link.call('meet', { clusterId, hsmId, joining: false, held: [] });
  }
}
