/** `lockholm hsm` before somebody who has a certificate of the customer's CA, and is no HSM of the cluster. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ClusterEntry } from '../../src/cloudhsm/directory.ts';
import { must, parseAccountId } from '../../src/core/ids.ts';
import { certificateFingerprint, parseCertificate } from '../../src/hsm/protocol/chain.ts';
import { listHsmClusters } from '../../src/operator/operations/list-hsm-clusters.ts';
import { TestCluster } from '../support/hsm-cluster.ts';
import { HsmCommands } from '../support/hsm-command.ts';
import type { HostedHsm } from '../support/hsm-host.ts';
import { Impostor } from '../support/impostor.ts';
import { region, startOperator, type TestOperator } from '../support/operator.ts';

const cluster = new TestCluster();
let hsm: HostedHsm;
let commands: HsmCommands;
let operator: TestOperator;
let impostor: Impostor;
/** Where the server says that the HSM is. */
let address: HostedHsm['address'];
before(async () => {
  hsm = await cluster.active();
  commands = new HsmCommands(cluster);
  impostor = await Impostor.start({ ca: cluster.ca, clusterId: cluster.clusterId });
  operator = await startOperator({ more: () => [listHsmClusters({ everywhere })] });
});
after(async () => {
  impostor.close();
  await operator.stop();
  await cluster.remove();
});

async function everywhere(): Promise<readonly ClusterEntry[]> {
  const { clusterCertificate, trustAnchor } = await hsm.describe();
  const zone = 'us-east-1a';
  const { hsmId: id } = hsm.plan;
  return [
    {
      account: must(parseAccountId('111122223333'), 'account'),
      region,
      id: cluster.clusterId,
      state: 'ACTIVE',
      start: 'attended',
      trustAnchor,
      clusterCertificate,
      clusterCertificateFingerprint: certificateFingerprint(parseCertificate(clusterCertificate)),
      family: cluster.clusterId,
      hsms: [{ id, zone, address, state: 'active', serves: true, identity: '', created: 0 }],
    },
  ];
}

const listUsers = ['user', 'list', '--user', 'admin', '--password-file', 'admin.txt'];
const lookedUp = () =>
  commands.run([...listUsers, '--cluster-id', cluster.clusterId, '--data', operator.data]);

test('looked up by its id, only who is under the cluster’s own certificate gets a password', async () => {
  address = hsm.address;
  const { code, stderr } = await lookedUp();
  assert.equal(code, 0, stderr);
  address = impostor.address;
  const refused = await lookedUp();
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /under another certificate than the cluster's\. Nothing was sent to it/);
  assert.equal(impostor.heard, 0);
});

test('at an address, who shows a certificate for something else gets none', async () => {
  const subject = '/CN=www.example.com/O=Example';
  const web = await Impostor.start({ ca: cluster.ca, clusterId: cluster.clusterId, subject });
  try {
    const hsmOption = ['--hsm', `127.0.0.1:${web.address.port}`];
    const { code, stderr } = await commands.run([...listUsers, ...hsmOption]);
    assert.equal(code, 1);
    assert.match(stderr, /none of a cluster's signing request\. Nothing was sent to it/);
    assert.equal(web.heard, 0);
  } finally {
    web.close();
  }
});
