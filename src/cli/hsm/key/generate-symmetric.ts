import { type Command, InvalidArgumentError } from 'commander';
import { answering } from '../answer.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';
import { keyAnswer } from './describe.ts';
import { type NewKeyOptions, newKeyFields, withNewKey } from './new-key.ts';

interface Options extends LoginOptions, NewKeyOptions {}

export function registerGenerateSymmetric(key: Command): void {
  const group = key.command('generate-symmetric').description('make a secret key inside the HSMs');
  const command = group
    .command('aes')
    .description('make an AES-256 key inside the HSMs; it is there when every HSM of the cluster has it')
    .option('--key-length-bytes <bytes>', '32, the only length there is', onlyLength, 32);
  answering(withLogin(withNewKey(command)), async (options: Options) => {
    const made = await asUser(options, ({ connection }) =>
      connection.call('generateKey', newKeyFields(options)),
    );
    return keyAnswer(made.key);
  });
}

function onlyLength(given: string): number {
  if (given !== '32') throw new InvalidArgumentError('AES keys have 32 bytes here.');
  return 32;
}
