/**
 * The default key policy, and what is checked when a policy is put: size, form, and that the caller keeps the
 * right to change it. Decisions by policy are a later part.
 */
import { type AccountId, rootArn } from '../../core/ids.ts';
import { limitExceeded, malformedPolicy, notFound } from '../errors.ts';
import { type PolicyStatement, parsePolicy } from './policy-form.ts';
import { matchesWildcard } from './wildcard.ts';

/** Bytes: the service quota "Key policy document size". */
const MAX_POLICY_BYTES = 32_768;

export function defaultKeyPolicy(account: AccountId): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: rootArn(account) },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    },
    null,
    2,
  );
}

/** The policy of an AWS managed key: its service uses it for the account, the account may look. */
export function managedKeyPolicy(account: AccountId, region: string, service: string): string {
  const use = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Id: `auto-${service}-1`,
      Statement: [
        {
          Sid: `Allow access through ${service} for all principals in the account that may use ${service}`,
          Effect: 'Allow',
          Principal: { AWS: '*' },
          Action: use,
          Resource: '*',
          Condition: {
            StringEquals: {
              'kms:CallerAccount': account,
              'kms:ViaService': `${service}.${region}.amazonaws.com`,
            },
          },
        },
        {
          Sid: 'Allow direct access to key metadata to the account',
          Effect: 'Allow',
          Principal: { AWS: rootArn(account) },
          Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
          Resource: '*',
        },
      ],
    },
    null,
    2,
  );
}

/** Every key has exactly one policy, named `default`. */
export function requirePolicyName(name: string | undefined): void {
  if (name !== undefined && name !== 'default') throw notFound('No such policy exists');
}

/** `key` is the ARN of the key that gets the policy. Throws MalformedPolicyDocumentException or LimitExceededException. */
export function requireAcceptablePolicy(
  text: string,
  key: string,
  caller: { readonly arn: string; readonly account: AccountId },
  bypassLockoutCheck: boolean,
): void {
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES)
    throw limitExceeded(`A key policy must not be larger than ${MAX_POLICY_BYTES} bytes.`);
  const { statements } = parsePolicy(text);
  if (!bypassLockoutCheck && !letsChangePolicy(statements, key, caller))
    throw malformedPolicy('The new key policy will not allow you to update the key policy in the future.');
}

/** Conservative: a condition on an Allow does not count, one on a Deny does. */
function letsChangePolicy(
  statements: readonly PolicyStatement[],
  key: string,
  caller: { readonly arn: string; readonly account: AccountId },
): boolean {
  const matching = statements.filter(
    (statement) =>
      coversAction(statement, 'kms:putkeypolicy') &&
      coversKey(statement, key) &&
      coversCaller(statement, caller),
  );
  const denied = matching.some(({ effect }) => effect === 'Deny');
  return !denied && matching.some(({ effect, conditional }) => effect === 'Allow' && !conditional);
}

function coversAction({ actions, invertedActions }: PolicyStatement, action: string): boolean {
  return actions.some((pattern) => matchesWildcard(pattern.toLowerCase(), action)) !== invertedActions;
}

/** Of the patterns of a key policy only those that match the key itself have an effect. */
function coversKey({ resources, invertedResources }: PolicyStatement, key: string): boolean {
  return resources.some((pattern) => matchesWildcard(pattern, key)) !== invertedResources;
}

function coversCaller(
  { principals, invertedPrincipals }: PolicyStatement,
  { arn, account }: { readonly arn: string; readonly account: AccountId },
): boolean {
  const listed = principals.some(
    (principal) =>
      principal === '*' || principal === arn || principal === rootArn(account) || principal === account,
  );
  return listed !== invertedPrincipals;
}
