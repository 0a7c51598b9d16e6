/** What a command says of a key that it makes. */
import { type Command, Option } from 'commander';
import { type KeyUsage, keyUsages } from '../../../hsm/protocol/values.ts';

export interface NewKeyOptions {
  readonly label: string;
  readonly usage: KeyUsage;
  readonly extractable: boolean;
}

const usages = keyUsages.filter((usage) => usage !== 'public');

export const withNewKey = (command: Command): Command =>
  command
    .requiredOption('--label <label>', 'what it is called: 1 to 126 printable ASCII characters')
    .addOption(
      new Option(
        '--usage <usage>',
        'its one use: data for encryption, wrap for other keys, kms for a key store',
      )
        .choices([...usages])
        .default('data'),
    )
    .option('--extractable', 'it may leave, wrapped under another key', false)
    .option('--no-extractable', 'it never leaves the cluster’s HSMs (the default)');

export const newKeyFields = ({ label, usage, extractable }: NewKeyOptions) => ({
  label,
  usage: keyUsages.indexOf(usage),
  extractable,
});
