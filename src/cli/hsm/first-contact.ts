/** The key of an HSM that has no certificate of a cluster yet. Nothing is proven by it until somebody compares it. */
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { HsmAddress } from '../../hsm/client/connection.ts';
import { spkiOf } from '../../hsm/protocol/chain.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import { ALPN } from '../../hsm/protocol/tls.ts';

const DEADLINE_MS = 10_000;

/** SPKI, DER. Nothing is sent. Rejects with `unavailable`. */
export async function shownIdentity({ host, port }: HsmAddress): Promise<Buffer> {
  const options = {
    host,
    port,
    minVersion: 'TLSv1.3',
    ALPNProtocols: [ALPN],
    rejectUnauthorized: false,
  } as const;
  const socket = connect(options);
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(DEADLINE_MS) });
    const shown = socket.getPeerX509Certificate();
    if (shown === undefined) throw new Error('no certificate is shown');
    return spkiOf(shown);
  } catch (error) {
    throw new HsmError('unavailable', `${host}:${port}: ${(error as Error).message}`);
  } finally {
    socket.destroy();
  }
}
