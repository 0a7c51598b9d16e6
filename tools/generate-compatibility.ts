/**
 * Writes docs/compatibility.md from the service model and the operation table: what is built and what is not.
 *   node tools/generate-compatibility.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { metadata, operations } from '../src/core/shapes/kms.ts';
import type { OperationModel } from '../src/core/shapes/operation-model.ts';
import { operationTable } from '../src/kms/operation-table.ts';
import { wrappingAlgorithms, wrappingKeySpecs } from '../src/kms/rules/import.ts';
import { keySpecs } from '../src/kms/rules/key-specs.ts';

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

Origins \`AWS_KMS\` and \`EXTERNAL\`. Multi-Region keys can be made and used in their primary Region; \`ReplicateKey\` and
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
- There are no request quotas.
`;
}

if (import.meta.main) writeFileSync(FILE, compatibility());
