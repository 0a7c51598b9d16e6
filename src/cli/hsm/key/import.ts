import type { Command } from 'commander';
import { spkiOfPem } from '../../../core/public-key.ts';
import { EXIT_USAGE, Failure } from '../../failure.ts';
import { shellWord } from '../../output.ts';
import { somePath } from '../../path-argument.ts';
import { answering } from '../answer.ts';
import { readInput } from '../files.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';
import { keyAnswer } from './describe.ts';

interface Options extends LoginOptions {
  readonly label: string;
  readonly path: string;
}

export function registerImport(key: Command): void {
  const group = key.command('import').description('bring a public key in');
  const command = group
    .command('pem')
    .description('bring in an RSA public key, to wrap keys under it')
    .requiredOption('--label <label>', 'what it is called: 1 to 126 printable ASCII characters')
    .requiredOption('--path <file>', 'the public key, PEM', somePath);
  answering(withLogin(command), async (options: Options) => {
    const { label, path } = options;
    const publicKey = spkiOf(await readInput(path), path);
    const made = await asUser(options, ({ connection }) =>
      connection.call('importPublicKey', { label, publicKey }),
    );
    return keyAnswer(made.key, 'Successfully imported key');
  });
}

function spkiOf(pem: Buffer, path: string): Buffer {
  try {
    return spkiOfPem(pem);
  } catch (error) {
    throw new Failure(
      `${path} is no public key in PEM. One in DER, as KMS gives it: ` +
        `openssl pkey -pubin -inform DER -in ${shellWord(path)} -out public-key.pem`,
      EXIT_USAGE,
      error,
    );
  }
}
