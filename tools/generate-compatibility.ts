/**
 * Writes docs/compatibility.md from the service model and the operation table: what is built and what is not.
 *   node tools/generate-compatibility.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { operationTable as hsmTable } from '../src/cloudhsm/operation-table.ts';
import * as cloudHsm from '../src/core/shapes/cloudhsmv2.ts';
import { metadata, operations } from '../src/core/shapes/kms.ts';
import type { OperationModel } from '../src/core/shapes/operation-model.ts';
import { operationTable } from '../src/kms/operation-table.ts';
import { wrappingAlgorithms, wrappingKeySpecs } from '../src/kms/rules/import.ts';
import { keySpecs } from '../src/kms/rules/key-specs.ts';
import type { S3Operation } from '../src/storage/objects/operation.ts';
import { operationTable as s3Table } from '../src/storage/objects/operation-table.ts';

const FILE = join(import.meta.dirname, '..', 'docs', 'compatibility.md');

const dryRun = ({ input }: OperationModel): string => (Object.hasOwn(input.members, 'DryRun') ? 'yes' : '');

function operationLine([name, model]: [string, OperationModel]): string {
  const row = operationTable[name];
  if (row === undefined) return `| ${name} | no | | |`;
  const refused = (row.unsupported ?? []).map((member) => `\`${member}\``).join(', ');
  return `| ${name} | yes | ${dryRun(model)} | ${refused} |`;
}

const supportLine = ([name, built]: [string, boolean]): string => `| \`${name}\` | ${built ? 'yes' : 'no'} |`;

export function compatibility(): string {
  const all = Object.entries<OperationModel>(operations);
  const built = all.filter(([name]) => operationTable[name] !== undefined);
  return `# Compatibility

Generated from the service model and the operation table by \`npm run generate\`; a test holds it to both, and
calls each operation of a running server to see that it answers as this page says.

## ${metadata.serviceFullName} (${metadata.apiVersion})

${built.length} of ${all.length} operations. The others check signature and input, then answer
\`UnsupportedOperationException\`, as do the parameters named in the last column. Nothing is accepted and ignored.

| operation | built | dry run | parameters refused |
|---|---|---|---|
${all.map(operationLine).join('\n')}

### Keys

| key spec | key usages on AWS | keys can be made here |
|---|---|---|
${[...keySpecs].map(([spec, row]) => `| ${spec} | ${row.usages.join(', ')} | ${row.built ? 'yes' : 'no'} |`).join('\n')}

Origins \`AWS_KMS\`, \`EXTERNAL\` and \`AWS_CLOUDHSM\`. Multi-Region keys can be made and used in their primary Region; \`ReplicateKey\` and
\`UpdatePrimaryRegion\` are not built.

### Imported key material

Into keys of origin \`EXTERNAL\` ([byok.md](byok.md)), with expiry, deletion, re-import of the same, new material and its
rotation on demand. Other wrappings answer \`UnsupportedOperationException\`; AWS itself refuses \`RSAES_PKCS1_V1_5\` since
October 2023.

| wrapping algorithm | supported |
|---|---|
${[...wrappingAlgorithms].map(supportLine).join('\n')}

| wrapping key spec | supported |
|---|---|
${[...wrappingKeySpecs].map(supportLine).join('\n')}

### Custom key stores

Of type \`AWS_CLOUDHSM\` on clusters of the same account and Region; \`EXTERNAL_KEY_STORE\` answers
\`UnsupportedOperationException\`. What differs from AWS:

- A disconnect has the HSMs throw away the password of \`kmsuser\`, with a receipt that they sign. To connect again an
  administrator of the cluster gives that user another password, and \`UpdateCustomKeyStore\` takes it; until then the
  connection fails with \`INVALID_CREDENTIALS\`. The state stays \`DISCONNECTING\` while no HSM answers.
- A store that fails with \`INSUFFICIENT_CLOUDHSM_HSMS\` (its HSMs are locked, or catch up) or \`NETWORK_ERRORS\` connects
  by itself once an HSM serves.
- HSMs of which none serves (locked ones) make a cluster DEGRADED: then a store is not created, and one that is there can
  be connected, which fails as above.
- \`CreateKey\` in a store wants two HSMs that serve, in different availability zones, and all members of the cluster.

### What differs

- Grants do not exist yet, so every grant token is refused with \`InvalidGrantTokenException\`.
- Key policies are checked for form and for the lockout rule when they are put, and stored; they are not evaluated
  yet. Until then every root credential of an account may do everything with the account's customer managed keys,
  and no other account anything. AWS managed keys (\`alias/aws/ebs\`, \`alias/aws/s3\`) can be looked at by the account
  and used only by the service they belong to.
- \`RotateKeyOnDemand\` is complete when it answers, so \`GetKeyRotationStatus\` never shows an
  \`OnDemandRotationStartDate\` and no \`ConflictException\` arises.
- An import token is spent by the import that succeeds: sent again, it is refused with \`InvalidImportTokenException\`.
- Of the calls of \`GetParametersForImport\` at most four make a key pair at one time; more are refused with
  \`ThrottlingException\`, which SDKs wait for and try again.
- Imported material counts as gone from the moment of its \`ValidTo\` on; its erasing follows within seconds, or when an
  operator has confirmed a clock that is in doubt.
- Everything is strongly consistent: what was answered holds for the next call.
- There are no request quotas. An account may have 100,000 customer managed keys in a Region, as on AWS, or what the
  setting \`key-quota\` says; they are counted anew every 30 seconds, so that a key that is destroyed makes room within
  that time.

${cloudHsmSection()}
${s3Section()}`;
}

function cloudHsmSection(): string {
  const all = Object.entries<OperationModel>(cloudHsm.operations);
  const lines = all.map(([name]) => `| ${name} | ${hsmTable[name] === undefined ? 'no' : 'yes'} |`);
  const built = all.filter(([name]) => hsmTable[name] !== undefined);
  return `## ${cloudHsm.metadata.serviceFullName} (${cloudHsm.metadata.apiVersion})

${built.length} of ${all.length} operations. The others check signature and input, then answer
\`CloudHsmInvalidRequestException\` with "... is not supported". How to use them: [hsm.md](hsm.md).

| operation | built |
|---|---|
${lines.join('\n')}

### What differs

- HSMs are virtual: one process each, on this machine. Nothing here is validated under FIPS 140: \`Mode\` and \`HsmType\` are
  checked, shown and compared as AWS does, and make no other difference. \`ModifyCluster\` refuses \`HsmType\`.
- There is no network to place HSMs in. \`SubnetIds\` are taken as they are, the first for zone \`a\` of the Region, the second
  for \`b\`, and so on; \`VpcId\` and \`SecurityGroup\` are made up and the same each time. \`EniIp\` is an address of 127.0.0.0/8, on
  whose port 2223 the HSM really listens; \`IpAddress\` chooses it. \`NetworkType\` \`DUALSTACK\` is refused.
- \`AwsHardwareCertificate\` and \`ManufacturerHardwareCertificate\` are absent: there is no hardware to vouch for. So is
  \`PreCoPassword\`: the first administrator is made by activation.
- The tag \`lockholm:mode\` of \`CreateCluster\` (\`attended\`, the default, or \`unattended\`) chooses how HSMs start; later it can
  neither be set nor removed, and shows what the HSMs say.
- A second HSM is created only once the cluster is ACTIVE, and in attended mode stays CREATE_IN_PROGRESS until an
  administrator approved it. One restored from a backup does until it is unlocked.
- The last HSM of an active cluster that cannot be backed up (locked, halted) is not deleted, unless the cluster has the tag
  \`discard-hsm\` with its id.
- A cluster that loses its only HSM before it is active is UNINITIALIZED again.
- Restores are within one account and Region. \`Shared\` is refused; \`sourceBackupIds\` finds nothing, as no backup is a copy.
- The parameters of a request are checked as in KMS, with \`ValidationException\`.
- Deleted clusters and destroyed backups are listed where a filter names their ids or states.
- Limits: 4 clusters and 6 HSMs in an account and Region, refused with \`CloudHsmInvalidRequestException\`.
`;
}

function s3Line({ name, headers = {}, query = [] }: S3Operation): string {
  const understood = Object.entries(headers).map(([header, values]) =>
    values === 'any'
      ? `\`${header}${header.endsWith('-') ? '*' : ''}\``
      : `\`${header}\`: ${values.join(', ')}`,
  );
  const parameters = query.map((parameter) => `\`${parameter}\``);
  return `| ${name} | ${understood.join('; ')} | ${parameters.join(', ')} |`;
}

function s3Section(): string {
  return `## Amazon Simple Storage Service (2006-03-01)

${s3Table.length} operations, in path style. Everything else is answered with \`NotImplemented\` (501): other operations
(multipart uploads, copies, versions, ACLs, policies, tags, life cycles), and every query parameter and \`x-amz-\` header
that is not in this table. How to use them: [s3.md](s3.md).

| operation | \`x-amz-\` headers understood | parameters understood |
|---|---|---|
${s3Table.map(s3Line).join('\n')}

Every operation understands \`x-amz-date\`, \`x-amz-content-sha256\`, \`x-amz-expected-bucket-owner\`, \`x-amz-user-agent\` and
\`x-amz-request-payer: requester\`. Signatures are of version 4, in the header or the query. Bodies of PutObject may be
signed by their SHA-256, unsigned (\`UNSIGNED-PAYLOAD\`), or in chunks
(\`STREAMING-UNSIGNED-PAYLOAD-TRAILER\`, \`STREAMING-AWS4-HMAC-SHA256-PAYLOAD\`, \`STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER\`).

### What differs

- SSE-C is refused, as AWS refuses it for new buckets; it cannot be switched on. DSSE-KMS and bucket keys are refused.
- AWS takes SSE-KMS over TLS only. Lockholm speaks plain HTTP, by default on 127.0.0.1.
- Headers and \`x-amz-meta-\` of an object are encrypted on the disk; AWS keeps metadata in clear.
- Checksums \`SHA512\`, \`MD5\`, \`XXHASH64\`, \`XXHASH3\` and \`XXHASH128\` are refused. A PutObject without a checksum gets none;
  AWS computes CRC64NVME. Listings do not say which checksum an object has.
- One PutObject takes at most 5 GiB, as on AWS; larger objects need multipart uploads.
- In a URL signed in its query, every \`x-amz-\` header that is sent must be signed.
- Until policies are evaluated, every root credential of an account may do everything with its buckets, and no other
  account anything. Block Public Access and the ownership of objects are as AWS's defaults; other settings are refused.
`;
}

if (import.meta.main) writeFileSync(FILE, compatibility());
