import type { Command } from 'commander';
import { wrapMechanisms } from '../../../hsm/protocol/values.ts';
import { somePath } from '../../path-argument.ts';
import { answering } from '../answer.ts';
import { readInput } from '../files.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';
import { keyAnswer } from './describe.ts';
import { FILTER, findOne, type KeyFilter, parseFilter } from './key-filter.ts';
import { type MechanismName, mechanismNames } from './mechanisms.ts';
import { type NewKeyOptions, newKeyFields, withNewKey } from './new-key.ts';

interface Options extends LoginOptions, NewKeyOptions {
  readonly wrappingFilter: KeyFilter;
  readonly path: string;
}

export function registerUnwrap(key: Command): void {
  const group = key
    .command('unwrap')
    .description(
      'bring a wrapped AES-256 key in; since it was elsewhere, it never counts as one that never left',
    );
  // HSMs hold no RSA private keys.
  for (const mechanism of mechanismNames.filter(({ name }) => name.startsWith('aes-')))
    registerMechanism(group, mechanism);
}

function registerMechanism(group: Command, { name, alias, mechanism, description }: MechanismName): void {
  const command = group
    .command(name)
    .description(description)
    .requiredOption('--wrapping-filter <filter>', `the key it is wrapped under: ${FILTER}`, parseFilter)
    .requiredOption('--path <file>', 'the wrapped key', somePath);
  if (alias !== undefined) command.alias(alias);
  answering(withLogin(withNewKey(command)), async (options: Options) => {
    const wrapped = await readInput(options.path);
    const { key } = await asUser(options, async ({ connection }) => {
      const under = await findOne(connection, options.wrappingFilter, 'wrapping key');
      return connection.call('unwrapKey', {
        wrapped,
        wrappingHandle: under.handle,
        mechanism: wrapMechanisms.indexOf(mechanism),
        ...newKeyFields(options),
      });
    });
    return keyAnswer(key);
  });
}
