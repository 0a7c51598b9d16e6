/** Somebody at the address of an HSM who has a certificate of the customer's CA, but not that of the cluster. */
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { hsmCertificate, newKey, signingRequest } from '../../src/hsm/certificates.ts';
import { ALPN } from '../../src/hsm/protocol/tls.ts';
import type { CustomerCa } from './customer-ca.ts';

interface Posing {
  readonly ca: CustomerCa;
  readonly clusterId: string;
  readonly hsmId?: string;
  /** Of the certificate that the CA signed; without it, as a cluster's signing request has it. */
  readonly subject?: string;
}

export class Impostor {
  /** Bytes that were sent to it within TLS. */
  heard = 0;
  readonly #server: ReturnType<typeof createServer>;

  private constructor({ ca, clusterId, hsmId = 'hsm-first234567', subject }: Posing) {
    const own = newKey();
    const { vouching, request } = subject === undefined ? likeACluster(clusterId) : anyRequest(subject);
    const above = ca.sign(request);
    const cert = hsmCertificate(own, { clusterId, hsmId }, 'active', vouching, above) + above;
    const key = own.export({ type: 'pkcs8', format: 'pem' });
    this.#server = createServer({ key, cert, ALPNProtocols: [ALPN], minVersion: 'TLSv1.3' }, (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', ({ length }) => {
        this.heard += length;
      });
    });
  }

  static async start(posing: Posing): Promise<Impostor> {
    const impostor = new Impostor(posing);
    impostor.#server.listen(0, '127.0.0.1');
    await once(impostor.#server, 'listening');
    return impostor;
  }

  get address() {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  close(): void {
    this.#server.close();
  }
}

function likeACluster(clusterId: string) {
  const vouching = newKey();
  return { vouching, request: signingRequest(vouching, clusterId) };
}

function anyRequest(subject: string) {
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '-'];
  const text = execFileSync('openssl', ['req', '-new', ...made, '-subj', subject], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
  return { vouching: createPrivateKey(text), request: text };
}
