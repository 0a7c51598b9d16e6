/**
 * Encrypts a file of any size with the AWS Encryption SDK; every version of that SDK reads the files.
 *
 *   node encrypt-file.ts encrypt alias/files report.pdf report.pdf.enc purpose=archive
 *   node encrypt-file.ts decrypt alias/files report.pdf.enc report.pdf purpose=archive
 *
 * The last arguments are the encryption context: not secret, stored in the file, compared when it is decrypted.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
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
type Action = (
  keyring: KmsKeyringNode,
  context: Context,
  source: FileHandle,
  target: FileHandle,
) => Promise<void>;

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
    source.createReadStream(),
    encryptStream(keyring, { encryptionContext: context, frameLength: FRAME }),
    target.createWriteStream({ flush: true }),
  );

const decrypt: Action = async (keyring, context, source, target) => {
  const decryption = decryptStream(keyring, { maxBodySize: FRAME });
  decryption.once('MessageHeader', ({ encryptionContext: found }: MessageHeader) => {
    const wrong = Object.entries(context).find(([name, value]) => found[name] !== value);
    if (wrong)
      decryption.destroy(new Error(`the file's encryption context does not have ${wrong.join('=')}`));
  });
  await pipeline(source.createReadStream(), decryption, target.createWriteStream({ flush: true }));
};

/**
 * The signature over the file comes at its end, so plaintext goes to a file of another name, which its owner alone can
 * read, and takes the target's name only when the signature was found good.
 */
const writeWhole = async (path: string, write: (target: FileHandle) => Promise<void>): Promise<void> => {
  const temporary = join(dirname(path), `.encrypt-file-${randomUUID()}`);
  const target = await open(temporary, 'wx', 0o600);
  try {
    await write(target);
    await rename(temporary, path);
  } finally {
    await target.close();
    await rm(temporary, { force: true });
  }
};

const actions: Readonly<Record<string, Action>> = { encrypt, decrypt };

const main = async ([name = '', keyId, from, to, ...pairs]: readonly string[]): Promise<void> => {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action || !keyId || !from || !to || !pairs.every((pair) => pair.includes('='))) {
    throw new Error('usage: encrypt-file.ts encrypt|decrypt KEY SOURCE TARGET [NAME=VALUE ...]');
  }
  const split = (pair: string) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
  const context: Context = Object.fromEntries(pairs.map(split));
  const keyring = await openKeyring(keyId);
  const source = await open(from, 'r');
  try {
    await writeWhole(to, (target) => action(keyring, context, source, target));
  } finally {
    await source.close();
  }
};

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
});
