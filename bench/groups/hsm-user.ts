/** A running Lockholm whose user has an HSM cluster there. */
import { join } from 'node:path';
import { userRoles } from '../../src/hsm/protocol/values.ts';
import { HsmUser } from '../../test/support/cloudhsm.ts';
import { lockholm } from '../contenders/lockholm.ts';
import type { Server } from '../server.ts';
import type { Workbench } from '../workbench.ts';

export const CRYPTO_USER_ROLE = userRoles.indexOf('crypto-user');

export const startWithHsmUser = async (
  bench: Workbench,
): Promise<{ readonly server: Server; readonly user: HsmUser }> => {
  const server = await bench.start(lockholm);
  const user = new HsmUser({
    endpoint: `http://127.0.0.1:${server.port}`,
    data: server.folder,
    credentialsFile: join(server.folder, 'credentials'),
    configFile: join(server.folder, 'config'),
  });
  bench.closing(() => user.close());
  return { server, user };
};
