import type { Command } from 'commander';
import { wrapMechanisms } from '../../../hsm/protocol/values.ts';
import { shellWord } from '../../output.ts';
import { somePath } from '../../path-argument.ts';
import { type Answer, answering } from '../answer.ts';
import { intoNewFile } from '../files.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';
import { receiptBeside } from '../receipt/file.ts';
import { keyReference } from './describe.ts';
import { FILTER, findOne, type KeyFilter, parseFilter } from './key-filter.ts';
import { type MechanismName, mechanismNames } from './mechanisms.ts';

interface Options extends LoginOptions {
  readonly payloadFilter: KeyFilter;
  readonly wrappingFilter: KeyFilter;
  readonly path: string;
}

export function registerWrap(key: Command): void {
  const group = key
    .command('wrap')
    .description('take a copy of an extractable key out, wrapped, with a receipt that the HSM signs');
  for (const mechanism of mechanismNames) registerMechanism(group, mechanism);
}

function registerMechanism(group: Command, { name, alias, mechanism, description }: MechanismName): void {
  const command = group
    .command(name)
    .description(description)
    .requiredOption('--payload-filter <filter>', `the key to wrap: ${FILTER}`, parseFilter)
    .requiredOption('--wrapping-filter <filter>', `the key to wrap it under: ${FILTER}`, parseFilter)
    .requiredOption('--path <file>', 'a new file for the wrapped key; beside it FILE.receipt', somePath);
  if (alias !== undefined) command.alias(alias);
  answering(withLogin(command), (options: Options) => wrap(options, wrapMechanisms.indexOf(mechanism)));
}

async function wrap(options: Options, mechanism: number): Promise<Answer> {
  const { path, payloadFilter, wrappingFilter } = options;
  const receiptPath = receiptBeside(path);
  const [payload, wrapping, wrapped] = await intoNewFile(path, (writeKey) =>
    intoNewFile(receiptPath, (writeReceipt) =>
      asUser(options, async ({ connection }) => {
        const { handle } = await findOne(connection, payloadFilter, 'key to wrap');
        const under = await findOne(connection, wrappingFilter, 'wrapping key');
        const made = await connection.call('wrapKey', { handle, wrappingHandle: under.handle, mechanism });
        const bytes = Buffer.from(made.wrapped);
        // The receipt first: a wrapped key without one could not be told from one that was never accounted for.
        await writeReceipt(Buffer.from(made.receipt));
        await writeKey(bytes);
        return [handle, under.handle, bytes] as const;
      }),
    ),
  );
  return {
    data: {
      payload_key_reference: keyReference(payload),
      wrapping_key_reference: keyReference(wrapping),
      wrapped_key_data: wrapped.toString('base64'),
      path,
      receipt: receiptPath,
    },
    text:
      `Wrapped into ${path}. The HSM recorded that the key left, and signed a receipt: ${receiptPath}\n` +
      'If it goes into this server’s KMS, hand in the receipt before the import, so that the key’s history is known:\n' +
      `  lockholm custody receipt add ${shellWord(receiptPath)}`,
  };
}
