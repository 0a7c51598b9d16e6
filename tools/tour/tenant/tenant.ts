/** The tenant: makes the arrangements, and keeps what only a tenant has. */
import type { Cluster } from '@aws-sdk/client-cloudhsm-v2';
import type { Arrangement } from '../arrangement.ts';
import type { Server } from '../server.ts';
import type { TheFile } from '../the-file.ts';
import { customerManaged, exported, imported, inKeyStore, integrated } from './arrangements.ts';
import { type Clients, clientsOf } from './clients.ts';
import { CustomerCa } from './customer-ca.ts';
import { TenantCluster } from './hsm-cluster.ts';
import { connectedStore, disconnect } from './key-store.ts';

export interface Secret {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface Tenant {
  /** All but those that a later act makes of `inStore`. */
  readonly arrangements: readonly Arrangement[];
  readonly inStore: Arrangement;
  /** What no file of the server may hold in clear. */
  readonly secrets: readonly Secret[];
  /** The cluster of the key store. */
  cluster(): Promise<Cluster>;
  /** Resolves once the HSMs stand so. */
  clusterReaches(what: string, is: (cluster: Cluster) => boolean): Promise<void>;
  disconnectStore(): Promise<void>;
  /** After a restart of the server. */
  reconnect(server: Server): void;
  close(): void;
}

interface Parts {
  readonly server: Server;
  readonly file: TheFile;
  readonly folder: string;
  readonly said: (what: string) => void;
}

export async function makeTenant({ server, file, folder, said }: Parts): Promise<Tenant> {
  let clients: Clients = clientsOf(server);
  const parts = { clients, file };
  const made: Arrangement[] = [];
  const add = (...some: readonly Arrangement[]) => {
    made.push(...some);
    for (const { number, name } of some) said(`${number}  ${name}`);
  };
  add(...(await integrated(parts)));
  add(await customerManaged(parts));
  const brought = await imported(parts);
  add(brought.arrangement);
  said('   making a cluster of two HSMs, attended, and a key store on it');
  const ca = new CustomerCa();
  const cluster = await TenantCluster.make(clients.hsm, ca);
  await cluster.addHsm();
  const store = await connectedStore(clients.kms, cluster, ca);
  const inStore = await inKeyStore(parts, store.id);
  add(inStore);
  said('   making another cluster with one HSM, for the hour that the cheap way takes');
  const short = await TenantCluster.make(clients.hsm, ca);
  add(await exported(parts, short, { data: server.data, folder }));
  return {
    arrangements: made,
    inStore,
    secrets: [
      brought.material,
      ...[cluster, short].flatMap((each) => each.secrets),
      { name: 'the first password of kmsuser', bytes: Buffer.from(store.password) },
    ],
    cluster: () => cluster.describe(),
    clusterReaches: async (what, is) => void (await cluster.reaches(what, is)),
    disconnectStore: () => disconnect(clients.kms, store.id),
    reconnect(again) {
      clients.close();
      clients = clientsOf(again);
      cluster.client = clients.hsm;
    },
    close: () => clients.close(),
  };
}
