/** A new access key on its way to its owner: into a file of credentials, or shown once. */
import { configSection, credentialsSection } from '../operator/aws-files.ts';
import type { AccessKeySecret } from '../operator/operations/access-key-secret.ts';
import { Failure } from './failure.ts';
import { print, printJson, shellWord } from './output.ts';
import { addProfile, checkPlace, type ProfilePlace, requireProfileName } from './profile-file.ts';

export interface KeyOptions {
  readonly data: string;
  readonly json?: boolean;
  readonly profile?: string;
  readonly profileFile?: string;
}

export interface NewKey {
  readonly accountId: string;
  readonly key: AccessKeySecret;
  readonly endpoint: string;
  /** Of AWS clients that name none. */
  readonly region: string;
}

/** Before the key is made. Where the account's id is not known yet, its profile cannot be there either. */
export async function checkKeyOptions(options: KeyOptions, accountId?: string): Promise<void> {
  if (options.profile !== undefined) requireProfileName(options.profile);
  const profile = options.profile ?? (accountId && profileOf(accountId));
  if (options.profileFile !== undefined) await checkPlace(options.profileFile, profile);
}

/** `answer` is what `--json` prints; without its secret when that went into a file. */
export async function deliverKey(options: KeyOptions, made: NewKey, answer: object): Promise<void> {
  const profile = options.profile ?? profileOf(made.accountId);
  if (options.profileFile === undefined) {
    if (options.json) printJson(answer);
    else showKey(profile, made);
    return;
  }
  await intoFile({ file: options.profileFile, profile }, made);
  const { AccessKeyId } = made.key;
  if (options.json) printJson({ ...answer, AccessKey: { AccessKeyId }, Profile: profile });
  else showProfile({ file: options.profileFile, profile }, made);
}

const profileOf = (accountId: string): string => `lockholm-${accountId}`;

/** The secret exists nowhere else: when the file cannot take it, the terminal must. */
async function intoFile(place: ProfilePlace, made: NewKey): Promise<void> {
  const key = { accessKeyId: made.key.AccessKeyId, secretAccessKey: made.key.SecretAccessKey };
  try {
    await addProfile(place, key);
  } catch (error) {
    showKey(place.profile, made);
    throw new Failure(
      `${place.file} could not be written (${(error as Error).message}): the key is shown above.`,
    );
  }
}

function showKey(profile: string, { accountId, key, endpoint, region }: NewKey): void {
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = key;
  print(
    `Root access key of account ${accountId}. Its secret is shown this once.\n\n` +
      `For ~/.aws/credentials:\n\n${credentialsSection(profile, { accessKeyId, secretAccessKey })}\n` +
      `For ~/.aws/config:\n\n${configSection(profile, endpoint, region)}\n` +
      `Then: aws --profile ${profile} kms list-keys`,
  );
}

function showProfile({ file, profile }: ProfilePlace, { accountId, key, endpoint, region }: NewKey): void {
  print(
    `Root access key ${key.AccessKeyId} of account ${accountId} is profile ${profile} in ${file}.\n` +
      `  export AWS_SHARED_CREDENTIALS_FILE=${shellWord(file)} AWS_PROFILE=${profile}\n` +
      `  export AWS_ENDPOINT_URL=${shellWord(endpoint)} AWS_REGION=${region} AWS_DEFAULT_REGION=${region}`,
  );
}
