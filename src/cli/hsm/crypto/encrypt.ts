import type { Command } from 'commander';
import { EXIT_USAGE, Failure } from '../../failure.ts';
import { type Answer, answering } from '../answer.ts';
import { writeOutput } from '../files.ts';
import { keyReference } from '../key/describe.ts';
import { findOne } from '../key/key-filter.ts';
import { asUser, withLogin } from '../login.ts';
import { STDIN } from '../secrets.ts';
import { readText, type TextOptions, withText } from './text-files.ts';

export function registerEncrypt(crypto: Command): void {
  const group = crypto.command('encrypt').description('encrypt inside an HSM');
  const command = group
    .command('aes-gcm')
    .description(
      'encrypt up to 512 KiB. Written are IV (12 bytes, made by the HSM), ciphertext and tag (16 bytes), one after another',
    );
  answering(withLogin(withText(command)), encrypt);
}

async function encrypt(options: TextOptions): Promise<Answer> {
  if (options.out === STDIN && process.stdout.isTTY)
    throw new Failure('A ciphertext is binary: say where it goes with --out FILE.', EXIT_USAGE);
  const { text, aad } = await readText(options);
  const [handle, sealed] = await asUser(options, async ({ connection }) => {
    const key = await findOne(connection, options.filter);
    const made = await connection.call('encrypt', { handle: key.handle, plaintext: text, aad });
    return [key.handle, Buffer.concat([made.iv, made.sealed])] as const;
  });
  await writeOutput(options.out, sealed);
  return {
    data: { 'key-reference': keyReference(handle), out: options.out, bytes: sealed.length },
    text: () => undefined,
  };
}
