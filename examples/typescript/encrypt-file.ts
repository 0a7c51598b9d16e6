/**
 * Encrypts a file of any size with a data key from KMS; the data key goes, encrypted, into the file's header.
 *
 *   node encrypt-file.ts encrypt alias/files report.pdf report.pdf.enc purpose=archive
 *   node encrypt-file.ts decrypt alias/files report.pdf.enc report.pdf purpose=archive
 *
 * The last arguments are the encryption context: not secret, bound to the data key, wanted again to decrypt.
 * The format is described in docs/encrypt-a-file.md; ../python reads and writes the same.
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';

const MAGIC = Buffer.from('LKFILE1\n');
const CHUNK = 64 * 1024;
const TAG = 16;

type Context = Record<string, string>;
type Action = (keyId: string, source: FileHandle, target: FileHandle, context: Context) => Promise<void>;

const kms = new KMSClient({});

const encrypt: Action = async (keyId, source, target, context) => {
  const answer = await kms.send(
    new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: context }),
  );
  const key = takeKey(answer.Plaintext);
  const encryptedKey = answer.CiphertextBlob ?? new Uint8Array();
  const length = Buffer.alloc(2);
  length.writeUInt16BE(encryptedKey.length);
  const header = Buffer.concat([MAGIC, length, encryptedKey]);
  await target.appendFile(header);
  for await (const { nonce, chunk } of numberedChunks(source, CHUNK)) {
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(header);
    await target.appendFile(Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]));
  }
};

const decrypt: Action = async (keyId, source, target, context) => {
  const { header, encryptedKey } = await readHeader(source);
  // The key is named here too: a file whose data key somebody else's KMS key protects is refused.
  const answer = await kms.send(
    new DecryptCommand({ KeyId: keyId, CiphertextBlob: encryptedKey, EncryptionContext: context }),
  );
  const key = takeKey(answer.Plaintext);
  for await (const { nonce, chunk } of numberedChunks(source, CHUNK + TAG)) {
    await target.appendFile(openChunk(key, nonce, header, chunk));
  }
};

const openChunk = (key: KeyObject, nonce: Buffer, header: Buffer, chunk: Buffer): Buffer => {
  if (chunk.length < TAG) throw new Error('the file is cut short');
  const sealed = chunk.subarray(0, -TAG);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  decipher.setAAD(header).setAuthTag(chunk.subarray(-TAG));
  const plaintext = decipher.update(sealed);
  try {
    decipher.final();
  } catch (cause) {
    throw new Error('the file was altered, cut short or added to', { cause });
  }
  return plaintext;
};

/** The data key as an object that does not print, its bytes wiped. */
const takeKey = (bytes: Uint8Array | undefined): KeyObject => {
  if (bytes?.length !== 32) throw new Error('the data key does not have 32 bytes');
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
};

const readHeader = async (source: FileHandle) => {
  const start = await readUpTo(source, MAGIC.length + 2);
  if (start.length < MAGIC.length + 2 || !start.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new Error('the file was not encrypted by this program');
  }
  const length = start.readUInt16BE(MAGIC.length);
  const encryptedKey = await readUpTo(source, length);
  if (length === 0 || encryptedKey.length < length) throw new Error('the file is cut short in its header');
  return { header: Buffer.concat([start, encryptedKey]), encryptedKey };
};

/**
 * A nonce is the chunk's number and, in its last byte, whether the file ends with it: chunks that are moved, dropped
 * or appended fail to decrypt. It never repeats under a key: each file has its own.
 */
async function* numberedChunks(source: FileHandle, size: number) {
  let chunk = await readUpTo(source, size);
  for (let number = 0; ; number += 1) {
    const following = await readUpTo(source, size);
    const nonce = Buffer.alloc(12);
    nonce.writeUIntBE(number, 5, 6);
    nonce[11] = following.length === 0 ? 1 : 0;
    yield { nonce, chunk };
    if (following.length === 0) return;
    chunk = following;
  }
}

/** The next `size` bytes; fewer at the end of the file. */
const readUpTo = async (source: FileHandle, size: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await source.read(buffer, filled, size - filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
};

/**
 * A file that takes its name only when all of it is written: plaintext of a file that is refused half-way never shows
 * there. Until then it is readable by its owner alone.
 */
const writeWhole = async (path: string, write: (target: FileHandle) => Promise<void>): Promise<void> => {
  const temporary = join(dirname(path), `.encrypt-file-${randomUUID()}`);
  const target = await open(temporary, 'wx', 0o600);
  try {
    await write(target);
    await target.sync();
    await target.close();
    await rename(temporary, path);
  } catch (error) {
    await target.close();
    await rm(temporary, { force: true });
    throw error;
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
  const source = await open(from, 'r');
  try {
    await writeWhole(to, (target) => action(keyId, source, target, context));
  } finally {
    await source.close();
  }
};

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
});
