import { type Command, InvalidArgumentError } from 'commander';
import { type Mode, modes } from '../../hsm/protocol/values.ts';
import { answering } from './answer.ts';
import { asUser, type LoginOptions, withLogin } from './login.ts';

export const meaning: Readonly<Record<Mode, string>> = {
  attended: 'A stopped HSM stays ciphertext until somebody gives it the unlock code.',
  unattended: 'HSMs start and join by themselves: whoever operates the server can open what they store.',
};

export function registerMode(hsm: Command): void {
  const command = hsm
    .command('mode')
    .argument('<mode>', modes.join(' or '), parseMode)
    .description('say how stopped HSMs are opened again: by the tenant’s unlock code, or by the server');
  answering(withLogin(command), async (options: LoginOptions, mode) => {
    await asUser(options, ({ connection }) =>
      connection.call('setMode', { mode: modes.indexOf(mode as Mode) }),
    );
    return { data: { mode }, text: `The cluster is ${mode} now. ${meaning[mode as Mode]}` };
  });
}

function parseMode(given: string): Mode {
  const found = modes.find((mode) => mode === given);
  if (found === undefined) throw new InvalidArgumentError(`It is ${modes.join(' or ')}.`);
  return found;
}
