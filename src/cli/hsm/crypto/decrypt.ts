import type { Command } from 'commander';
import { EXIT_USAGE, Failure } from '../../failure.ts';
import { type Answer, answering } from '../answer.ts';
import { writeOutput } from '../files.ts';
import { keyReference } from '../key/describe.ts';
import { findOne } from '../key/key-filter.ts';
import { asUser, withLogin } from '../login.ts';
import { readText, type TextOptions, withText } from './text-files.ts';

const IV_SIZE = 12;
const TAG_SIZE = 16;

export function registerDecrypt(crypto: Command): void {
  const group = crypto.command('decrypt').description('decrypt inside an HSM');
  const command = group.command('aes-gcm').description('decrypt what `crypto encrypt aes-gcm` wrote');
  answering(withLogin(withText(command)), decrypt);
}

async function decrypt(options: TextOptions): Promise<Answer> {
  const { text, aad } = await readText(options);
  if (text.length < IV_SIZE + TAG_SIZE)
    throw new Failure(`${options.in} is too short to be a ciphertext.`, EXIT_USAGE);
  const [handle, plaintext] = await asUser(options, async ({ connection }) => {
    const key = await findOne(connection, options.filter);
    const iv = text.subarray(0, IV_SIZE);
    const sealed = text.subarray(IV_SIZE);
    const made = await connection.call('decrypt', { handle: key.handle, iv, sealed, aad });
    return [key.handle, Buffer.from(made.plaintext)] as const;
  });
  await writeOutput(options.out, plaintext);
  return {
    data: { 'key-reference': keyReference(handle), out: options.out, bytes: plaintext.length },
    text: () => undefined,
  };
}
