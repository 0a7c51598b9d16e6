/** A customer's CA as the CloudHSM user guide has it, made with openssl: a self-signed certificate, a signed request. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CustomerCa {
  /** PEM. */
  readonly certificate: string;
  /** The certificate for a signing request, both PEM. */
  sign(csr: string): string;
  remove(): void;
}

export function makeCustomerCa(): CustomerCa {
  const folder = mkdtempSync(join(tmpdir(), 'lockholm-ca-'));
  const path = (name: string): string => join(folder, name);
  const openssl = (...arguments_: string[]): void =>
    void execFileSync('openssl', arguments_, { cwd: folder, stdio: 'pipe' });
  openssl('genrsa', '-out', 'ca.key', '2048');
  openssl(
    'req',
    '-new',
    '-x509',
    '-days',
    '3652',
    '-key',
    'ca.key',
    '-subj',
    '/CN=Customer CA',
    '-out',
    'ca.crt',
  );
  return {
    certificate: readFileSync(path('ca.crt'), 'utf8'),
    sign(csr) {
      writeFileSync(path('cluster.csr'), csr);
      const ca = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
      openssl('x509', '-req', '-days', '3652', '-in', 'cluster.csr', ...ca, '-out', 'cluster.crt');
      return readFileSync(path('cluster.crt'), 'utf8');
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
