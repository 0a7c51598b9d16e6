import { keyUsages } from '../../src/hsm/protocol/values.ts';
import { HSM_PORT } from '../../test/support/cloudhsm.ts';
import type { HsmPlan, SoftHsmPlan } from '../load-contract.ts';
import { measureTurn, spanOf } from '../measure.ts';
import type { SizeName } from '../options.ts';
import { installSoftHsm, type SoftHsm, withTokenFolder } from '../softhsm.ts';
import { say, type Workbench } from '../workbench.ts';
import type { Group, Subject, Trial } from './group.ts';
import { CRYPTO_USER_ROLE, startWithHsmUser } from './hsm-user.ts';

const SOFTHSM = 'softhsm';
const HSM = 'hsm';
const USER = { user: 'bench', password: 'bench-password-1' };

const sizes: Readonly<Record<SizeName, number>> = { small: 64, large: 16 * 1024 };
const operations = ['Encrypt', 'Decrypt'] as const;

type Work = Pick<HsmPlan, 'operation' | 'plaintextBytes' | 'inFlight'>;
type SubjectOf = (work: Work) => Subject;

/** A cluster of one HSM on a real server, with a crypto user and its key. */
const hsmOf = async (bench: Workbench): Promise<SubjectOf> => {
  const { server, user } = await startWithHsmUser(bench);
  say(`${HSM}: a cluster of one HSM, called over TLS by its client`);
  const { id: clusterId, hsm } = await user.active();
  const admin = await user.login(clusterId, hsm);
  await admin.call('createUser', { ...USER, role: CRYPTO_USER_ROLE });
  const cryptoUser = await user.login(clusterId, hsm, USER);
  const usage = keyUsages.indexOf('data');
  const { key } = await cryptoUser.call('generateKey', { label: 'bench', usage, extractable: false });
  const host = (await user.hsm(clusterId, hsm))?.EniIp ?? '';
  const { certificate: anchor } = user.ca;
  const common = { ...USER, host, port: HSM_PORT, clusterId, anchor, handle: key.handle };
  return (work) => ({
    name: HSM,
    turn: (seconds) =>
      measureTurn<HsmPlan>(
        'hsm-load.ts',
        { ...spanOf(seconds), ...common, ...work },
        { server: server.pid, load: true },
      ),
  });
};

const softHsmOf =
  (softHsm: SoftHsm): SubjectOf =>
  ({ operation, plaintextBytes }) => ({
    name: SOFTHSM,
    turn: (seconds) =>
      withTokenFolder((env) =>
        measureTurn<SoftHsmPlan>(
          'softhsm-load.ts',
          { ...spanOf(seconds), ...softHsm, operation, plaintextBytes },
          { load: true },
          env,
        ),
      ),
  });

const trialsOf = (subjects: readonly SubjectOf[], { options }: Workbench): readonly Trial[] =>
  options.sizes.flatMap((size) =>
    operations
      .filter((operation) => options.operations.includes(operation))
      .flatMap((operation) =>
        options.connections.map((connections) => ({
          operation,
          connections,
          payloadBytes: sizes[size],
          subjects: subjects.map((subject) =>
            subject({ operation, plaintextBytes: sizes[size], inFlight: connections }),
          ),
        })),
      ),
  );

/**
 * AES-GCM under a key that the caller never has. SoftHSM is a library in the caller's process, called synchronously: one call
 * at a time, whatever is in flight on the HSM's connection. CPU time is that of all who take part: the caller's process too.
 */
export const hsm: Group = {
  name: 'hsm',
  yardstick: SOFTHSM,
  contenders: [HSM],
  ours: [HSM],
  operations,
  async prepare(bench) {
    const softHsm = await bench.attempt(SOFTHSM, installSoftHsm);
    return trialsOf([...(softHsm ? [softHsmOf(softHsm)] : []), await hsmOf(bench)], bench);
  },
};
