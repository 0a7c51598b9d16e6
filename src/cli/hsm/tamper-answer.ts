import { type Command, InvalidArgumentError } from 'commander';
import { type TamperAnswer, tamperAnswers } from '../../hsm/protocol/values.ts';
import { answering } from './answer.ts';
import { asUser, type LoginOptions, withLogin } from './login.ts';

export function registerTamperAnswer(hsm: Command): void {
  const command = hsm
    .command('tamper-answer')
    .argument('<answer>', tamperAnswers.join(', '), parseAnswer)
    .description(
      'say what an HSM does that finds its store altered, once it forgot its keys: auto erases the store where a live ' +
        'HSM or a backup holds the keys, and halts elsewhere',
    );
  answering(withLogin(command), async (options: LoginOptions, answer) => {
    const index = tamperAnswers.indexOf(answer as TamperAnswer);
    await asUser(options, ({ connection }) => connection.call('setTamperAnswer', { answer: index }));
    return {
      data: { 'tamper-answer': answer },
      text: `An altered store is answered by ${answer} from now on.`,
    };
  });
}

function parseAnswer(given: string): TamperAnswer {
  const found = tamperAnswers.find((answer) => answer === given);
  if (found === undefined) throw new InvalidArgumentError(`It is one of ${tamperAnswers.join(', ')}.`);
  return found;
}
