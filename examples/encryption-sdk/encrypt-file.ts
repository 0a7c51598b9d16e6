/**
 * Encrypts a file of any size with the AWS Encryption SDK; every version of that SDK reads the files.
 *
 *   node encrypt-file.ts encrypt alias/files report.pdf report.pdf.enc purpose=archive
 *   node encrypt-file.ts decrypt alias/files report.pdf.enc report.pdf purpose=archive
 *
 * The last arguments are the encryption context: not secret, stored in the file, compared when it is decrypted.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  buildClient,
  CommitmentPolicy,
  KMS,
  KmsKeyringNode,
  type MessageHeader,
} from '@aws-crypto/client-node';

const FRAME = 64 * 1024;

type Context = Record<string, string>;
type Action = (keyring: KmsKeyringNode, context: Context, source: string, target: string) => Promise<void>;

const { encryptStream, decryptStream } = buildClient({
  commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  maxEncryptedDataKeys: 1,
});

/** The SDK finds keys in files by their ARN. So an alias is followed first, and other keys are never asked for. */
const openKeyring = async (keyId: string): Promise<KmsKeyringNode> => {
  const { KeyMetadata } = await new KMS({}).describeKey({ KeyId: keyId });
  if (!KeyMetadata?.Arn) throw new Error(`${keyId} has no ARN`);
  return new KmsKeyringNode({ generatorKeyId: KeyMetadata.Arn });
};

const encrypt: Action = (keyring, context, source, target) =>
  pipeline(
    createReadStream(source),
    encryptStream(keyring, { encryptionContext: context, frameLength: FRAME }),
    createWriteStream(target, { flags: 'wx', mode: 0o600, flush: true }),
  );

const decrypt: Action = async (keyring, context, source, target) => {
  const decryption = decryptStream(keyring, { maxBodySize: FRAME });
  decryption.once('MessageHeader', ({ encryptionContext: found }: MessageHeader) => {
    const wrong = Object.entries(context).find(([name, value]) => found[name] !== value);
    if (wrong)
      decryption.destroy(new Error(`the file's encryption context does not have ${wrong.join('=')}`));
  });
  const output = createWriteStream(target, { flags: 'wx', mode: 0o600, flush: true });
  await pipeline(createReadStream(source), decryption, output);
};

/**
 * The signature over the file comes at its end, so plaintext goes to a file of another name, which its owner alone can
 * read, and takes the target's name only when the signature was found good.
 */
const writeWhole = async (path: string, write: (temporary: string) => Promise<void>): Promise<void> => {
  const temporary = join(dirname(path), `.encrypt-file-${randomUUID()}`);
  try {
    await write(temporary);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
};

const actions: Readonly<Record<string, Action>> = { encrypt, decrypt };

const main = async ([name = '', keyId, source, target, ...pairs]: readonly string[]): Promise<void> => {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action || !keyId || !source || !target || !pairs.every((pair) => pair.includes('='))) {
    throw new Error('usage: encrypt-file.ts encrypt|decrypt KEY SOURCE TARGET [NAME=VALUE ...]');
  }
  const split = (pair: string) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
  const context: Context = Object.fromEntries(pairs.map(split));
  const keyring = await openKeyring(keyId);
  await writeWhole(target, (temporary) => action(keyring, context, source, temporary));
};

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
});
