/** What an HSM refused, as a message that says what to do next. */
import { HsmError, type HsmErrorCode } from '../../hsm/protocol/errors.ts';
import type { HsmState } from '../../hsm/protocol/values.ts';
import { Failure } from '../failure.ts';

const byCode: Partial<Record<HsmErrorCode, string>> = {
  'not-allowed':
    'An administrator manages users and members, a crypto user keys: log in as the other with --user.',
  'user-not-found': 'To see who there is: lockholm hsm user list',
  'user-locked':
    'To unlock it an administrator sets a password: lockholm hsm user change-password --username NAME',
  'members-down':
    'Nothing was changed. Every HSM of the cluster has to take part: lockholm hsm member list shows which does not. ' +
    'Bring it back (lockholm hsm unlock), or delete it (aws cloudhsmv2 delete-hsm).',
  'not-extractable': 'What was made without --extractable never leaves.',
  'key-usage': 'To see what each key is for: lockholm hsm key list --verbose',
  untrusted:
    'Nothing was sent to it. Check --trust-anchor (the customerCA.crt of this cluster), --cluster-id and the address. ' +
    'One that is restored from a backup has no certificate yet: lockholm hsm unlock --identity',
  unavailable: 'Where the HSMs are: aws cloudhsmv2 describe-clusters. How they are: lockholm hsm info',
  busy: 'Try again in a moment.',
  tampered: 'What it did about that: lockholm hsm info, and lockholm hsm audit list',
  internal: 'The log of the server says more.',
};

const byState: Partial<Record<HsmState, string>> = {
  uninitialized: 'Sign its request and initialize the cluster: aws cloudhsmv2 initialize-cluster',
  initialized: 'Activate the cluster: lockholm hsm activate',
  joining: 'An administrator lets it join: lockholm hsm member approve',
  restoring: 'Its backup is being restored: try again in a moment.',
  locked: 'Give it the unlock code: lockholm hsm unlock',
  behind: 'It catches up with the other HSMs: try again in a moment.',
  halted: 'Why, and how to go on: lockholm hsm info',
  zeroized: 'It holds nothing any more. Delete it and make another: aws cloudhsmv2 delete-hsm, create-hsm',
};

/** `state`: how the HSM is, where that is why. */
export function refused(error: unknown, where: string, state?: HsmState): unknown {
  if (!(error instanceof HsmError)) return error;
  const next = state === undefined ? nextStep(error) : (byState[state] ?? nextStep(error));
  const message = `${where}: ${error.message.replace(/[.]?$/, '.')}`;
  return new Failure(next === undefined ? message : `${message} ${next}`, undefined, error);
}

function nextStep({ code, message }: HsmError): string | undefined {
  // What a locked HSM shows is no proof that it is unlocked, so a client that has secrets to send turns away.
  return code === 'untrusted' && message === 'the HSM is locked' ? byState.locked : byCode[code];
}
