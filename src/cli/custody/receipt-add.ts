import type { Command } from 'commander';
import type { AddedReceipt } from '../../operator/operations/add-export-receipt.ts';
import { readInput } from '../hsm/files.ts';
import { callOperator } from '../operator-client.ts';
import { printFacts, printJson } from '../output.ts';
import { somePath } from '../path-argument.ts';
import { onServer } from '../program.ts';

interface Options {
  readonly data: string;
  readonly json?: boolean;
  readonly account?: string;
}

export function registerReceipt(custody: Command): void {
  const receipt = custody.command('receipt').description('what HSMs signed about keys that left them');
  const command = receipt
    .command('add')
    .argument('<file>', 'what `lockholm hsm key wrap` wrote beside the wrapped key', somePath)
    .description(
      'hand in the receipt of a key that left an HSM, before it is imported: then its history is known',
    )
    .option('--account <account>', 'whose KMS key it goes into (default: the account of the cluster)');
  onServer(command).action(async (file: string, { data, json, account }: Options) => {
    const Receipt = (await readInput(file)).toString('base64');
    const added = await callOperator<AddedReceipt>(data, 'AddExportReceipt', { Receipt, AccountId: account });
    if (json) printJson(added);
    else show(added);
  });
}

const show = (added: AddedReceipt): void =>
  printFacts([
    ['on record', `for imports of account ${added.AccountId}`],
    ['left', `${added.HsmId} of ${added.ClusterId}, ${added.Time}, by ${added.User} with ${added.Mechanism}`],
    ['lineage', added.Lineage],
    ['wrapped', `SHA-256 ${added.Wrapped}`],
    ['under', `the public key with SHA-256 ${added.WrappingKey}`],
  ]);
