import type { Operation } from '../../core/call.ts';
import { ServiceError } from '../../core/errors.ts';
import { type AccountId, must, parseAccountId, rootArn } from '../../core/ids.ts';
import { getAccount, newAccount, newAccountId } from '../../identity/accounts.ts';
import { accountId, OPERATOR_ACCOUNT, operatorOperation, structure } from '../operation.ts';
import type { OperatorParts } from '../parts.ts';
import { type AccessKeySecret, accessKeySecret, secretOf } from './access-key-secret.ts';

interface Input {
  readonly Name?: string;
  /** Absent: any that is free. */
  readonly AccountId?: string;
}
interface Output {
  readonly AccountId: string;
  readonly Name: string;
  readonly AccessKey: AccessKeySecret;
}

/** No line breaks, controls or marks that turn the direction of text: names are shown in lists. */
const name = {
  type: 'string',
  min: 1,
  max: 128,
  pattern: '[^\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]+',
} as const;

/** Makes an account with a root access key, whose secret is in the answer and nowhere else. */
export const createAccount = ({ rows, engine, clock }: OperatorParts): Operation =>
  operatorOperation<Input, Output>({
    name: 'CreateAccount',
    input: structure({ Name: name, AccountId: accountId }, ['Name', 'AccountId']),
    output: structure({ AccountId: accountId, Name: name, AccessKey: accessKeySecret }),
    readOnly: false,
    audit: ['Name', 'AccountId'],
    async run(input, call) {
      const id = chosen(input) ?? anyId();
      if ((await getAccount(rows, id)) !== undefined) throw taken(id);
      const made = await newAccount(engine, clock, id, input.Name ?? id);
      const { accessKeyId } = made.accessKey;
      call.record.resources.push(rootArn(id));
      call.record.responseElements = { accountId: id, accessKeyId };
      await call.commit(made.change);
      return { AccountId: id, Name: made.account.name, AccessKey: secretOf(made.accessKey) };
    },
  });

function chosen({ AccountId }: Input): AccountId | undefined {
  if (AccountId === undefined) return undefined;
  if (AccountId === OPERATOR_ACCOUNT) throw taken(OPERATOR_ACCOUNT);
  return must(parseAccountId(AccountId), 'account id');
}

function anyId(): AccountId {
  const id = newAccountId();
  return id === OPERATOR_ACCOUNT ? anyId() : id;
}

const taken = (id: AccountId): ServiceError =>
  new ServiceError(
    'AlreadyExistsException',
    id === OPERATOR_ACCOUNT
      ? `Account ${id} is reserved for the operator.`
      : `Account ${id} exists. For a further access key: lockholm account create-access-key ${id}`,
  );
