/** What the API refuses, with its errors; tags; what the journal says. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CloudHsmInvalidRequestException,
  CloudHsmResourceNotFoundException,
  CloudHsmTagException,
  CopyBackupToRegionCommand,
  CreateClusterCommand,
  type CreateClusterCommandInput,
  CreateHsmCommand,
  DeleteClusterCommand,
  DeleteHsmCommand,
  DescribeClustersCommand,
  InitializeClusterCommand,
  ListTagsCommand,
  ModifyClusterCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudhsm-v2';
import { rawCaller } from '../clients/raw.ts';
import { HsmUser, SUBNETS, ZONES } from '../support/cloudhsm.ts';
import { makeCustomerCa } from '../support/customer-ca.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let user: HsmUser;
let id = '';
let hsm = '';
let csr = '';

before(async () => {
  server = await startServer();
  user = new HsmUser(server);
  ({ id, hsm, csr } = await user.withCsr({ TagList: [{ Key: 'a', Value: 'b' }] }));
});
after(async () => {
  user.close();
  await server.stop();
});

const refused = (call: Promise<unknown>, message: RegExp) =>
  assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof CloudHsmInvalidRequestException, String(error));
    assert.match(error.message, message);
    assert.equal(error.$metadata.httpStatusCode, 400);
    return true;
  });
const create = (more: Partial<CreateClusterCommandInput>) =>
  user.client.send(new CreateClusterCommand({ HsmType: 'hsm1.medium', SubnetIds: SUBNETS, ...more }));

test('what a new cluster may not be', async () => {
  await refused(create({ HsmType: 'hsm9.large' }), /HSM type/);
  await refused(create({ SubnetIds: ['subnet-0a1b2c3d', 'subnet-0a1b2c3d'] }), /twice/);
  await refused(create({ BackupRetentionPolicy: { Type: 'DAYS', Value: '6' } }), /7 to 379/);
  await refused(create({ BackupRetentionPolicy: { Value: '7' } }), /Type DAYS/);
  await assert.rejects(create({ SourceBackupId: 'backup-aaaaaaaaaaa' }), CloudHsmResourceNotFoundException);
  for (const Key of ['aws:x', 'lockholm:mode'])
    await assert.rejects(create({ TagList: [{ Key, Value: 'x' }] }), CloudHsmTagException);
  await assert.rejects(create({ SubnetIds: ['nothing'] }), { name: 'ValidationException' });
});

test('members that the old SDK does not know', async () => {
  const call = rawCaller(server);
  const raw = (operation: string, input: object) =>
    call(operation, input, { service: 'cloudhsm', target: 'BaldrApiService' });
  const common = { HsmType: 'hsm1.medium', SubnetIds: SUBNETS };
  for (const [more, message] of [
    [{ Mode: 'NON_FIPS' }, /no mode NON_FIPS/],
    [{ NetworkType: 'DUALSTACK' }, /not supported/],
  ] as const) {
    const { status, json } = await raw('CreateCluster', { ...common, ...more });
    assert.equal(status, 400);
    assert.equal(json?.__type, 'CloudHsmInvalidRequestException');
    assert.match(String(json?.Message), message);
  }
  const change = await raw('ModifyCluster', { ClusterId: id, HsmType: 'hsm2m.medium' });
  assert.equal(change.json?.__type, 'CloudHsmInvalidRequestException');
  assert.match(String(change.json?.Message), /HsmType is not supported/);
  const { json } = await raw('DescribeClusters', {});
  const [cluster] = (json?.Clusters ?? []) as readonly Record<string, unknown>[];
  assert.equal(cluster?.Mode, 'FIPS');
  assert.equal(cluster?.NetworkType, 'IPV4');
  assert.equal((await raw('PutResourcePolicy', {})).json?.__type, 'CloudHsmInvalidRequestException');
  assert.equal((await raw('Nothing', {})).json?.__type, 'UnknownOperationException');
});

test('another kind of signature than that of cloudhsm is refused', async () => {
  const { status } = await rawCaller(server)('DescribeClusters', {}, { target: 'BaldrApiService' });
  assert.equal(status, 400);
});

test('certificates that are not right are refused, and the cluster stays as it was', async () => {
  const other = makeCustomerCa();
  const ca = user.ca;
  const initialize = (SignedCert: string, TrustAnchor: string) =>
    user.client.send(new InitializeClusterCommand({ ClusterId: id, SignedCert, TrustAnchor }));
  await refused(initialize('x', ca.certificate), /SignedCert is not one certificate/);
  await refused(initialize(ca.sign(csr), 'x'), /TrustAnchor is not one certificate/);
  await refused(initialize(other.sign(csr), ca.certificate), /not signed by TrustAnchor/);
  await refused(initialize(ca.certificate, ca.certificate), /public key is another/);
  await refused(initialize(ca.sign(csr), ca.sign(csr)), /TrustAnchor does not sign itself/);
  await refused(initialize(ca.sign(csr), ca.certificate + ca.certificate), /one certificate/);
  assert.equal((await user.cluster(id))?.State, 'UNINITIALIZED');
  other.remove();
});

test('HSMs that may not be', async () => {
  const add = (AvailabilityZone: string, IpAddress?: string, ClusterId = id) =>
    user.client.send(
      new CreateHsmCommand({ ClusterId, AvailabilityZone, ...(IpAddress !== undefined && { IpAddress }) }),
    );
  await refused(add(ZONES[1]), /one HSM until/);
  await refused(add('us-east-1c'), /no subnet in us-east-1c/);
  await assert.rejects(add(ZONES[0], undefined, 'cluster-aaaaaaaaaaa'), CloudHsmResourceNotFoundException);
  const empty = await user.create();
  await refused(add(ZONES[0], '127.0.0.1', empty), /127\.96\.0\.1 to/);
  const taken = (await user.hsm(id, hsm))?.EniIp;
  await refused(add(ZONES[0], taken, empty), /in use/);
  await refused(user.client.send(new DeleteHsmCommand({ ClusterId: id })), /one of HsmId, EniId and EniIp/);
  const other = new DeleteHsmCommand({ ClusterId: empty, HsmId: hsm });
  await assert.rejects(user.client.send(other), CloudHsmResourceNotFoundException);
  await user.client.send(new DeleteClusterCommand({ ClusterId: empty }));
  await user.reaches(empty, ({ State }) => State === 'DELETED');
});

test('there are four clusters at most, however many are asked for at one time', async () => {
  const asked = await Promise.allSettled(Array.from({ length: 6 }, () => create({})));
  const made = asked.flatMap((one) =>
    one.status === 'fulfilled' ? [one.value.Cluster?.ClusterId ?? ''] : [],
  );
  const failures = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  assert.equal(made.length, 3);
  for (const error of failures) assert.match(String(error), /limit/);
  for (const each of made) {
    await user.reaches(each, ({ State }) => State === 'UNINITIALIZED');
    await user.client.send(new DeleteClusterCommand({ ClusterId: each }));
    await user.reaches(each, ({ State }) => State === 'DELETED');
  }
});

test('clusters are found by filters and pages', async () => {
  const list = async (Filters?: Record<string, string[]>) => {
    const command = new DescribeClustersCommand({ ...(Filters !== undefined && { Filters }) });
    return ((await user.client.send(command)).Clusters ?? []).map(({ ClusterId }) => ClusterId);
  };
  assert.deepEqual(await list(), [id]);
  assert.deepEqual(await list({ states: ['UNINITIALIZED'] }), [id]);
  assert.deepEqual(await list({ states: ['ACTIVE'] }), []);
  assert.equal((await list({ states: ['DELETED'] })).length, 4);
  await refused(list({ colours: ['red'] }), /no filter colours/);
  const page = (NextToken?: string) =>
    user.client.send(
      new DescribeClustersCommand({
        Filters: { states: ['DELETED'] },
        MaxResults: 3,
        ...(NextToken !== undefined && { NextToken }),
      }),
    );
  const first = await page();
  const last = await page(first.NextToken);
  assert.deepEqual([first.Clusters?.length, last.Clusters?.length, last.NextToken], [3, 1, undefined]);
  await refused(page('nothing'), /NextToken/);
});

test('tags', async () => {
  const tag = (Key: string, Value: string) =>
    user.client.send(new TagResourceCommand({ ResourceId: id, TagList: [{ Key, Value }] }));
  const tags = async () => (await user.client.send(new ListTagsCommand({ ResourceId: id }))).TagList;
  await tag('c', 'd');
  await tag('a', 'e');
  assert.deepEqual(await tags(), [
    { Key: 'a', Value: 'e' },
    { Key: 'c', Value: 'd' },
  ]);
  await assert.rejects(tag('lockholm:mode', 'unattended'), CloudHsmTagException);
  await user.client.send(new UntagResourceCommand({ ResourceId: id, TagKeyList: ['a', 'x'] }));
  assert.deepEqual(await tags(), [{ Key: 'c', Value: 'd' }]);
  const many = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: '' }));
  const tooMany = user.client.send(new TagResourceCommand({ ResourceId: id, TagList: many }));
  await assert.rejects(tooMany, { name: 'CloudHsmResourceLimitExceededException' });
});

test('the retention of backups is changed, and none is copied to another Region', async () => {
  const modify = (more: object) =>
    user.client.send(new ModifyClusterCommand({ ClusterId: id, ...more } as never));
  const { Cluster } = await modify({ BackupRetentionPolicy: { Type: 'DAYS', Value: '30' } });
  assert.equal(Cluster?.BackupRetentionPolicy?.Value, '30');
  const copy = new CopyBackupToRegionCommand({
    BackupId: 'backup-aaaaaaaaaaa',
    DestinationRegion: 'us-west-2',
  });
  await refused(user.client.send(copy), /CopyBackupToRegion is not supported/);
});

test('an HSM of a cluster that was never active leaves it as new', async () => {
  await user.deleteHsm(id, hsm);
  const cluster = await user.cluster(id);
  assert.equal(cluster?.State, 'UNINITIALIZED');
  assert.equal(cluster?.Certificates?.ClusterCsr, undefined);
});
