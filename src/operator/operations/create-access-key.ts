import type { Operation } from '../../core/call.ts';
import { must, parseAccountId, rootArn } from '../../core/ids.ts';
import { newRootAccessKey } from '../../identity/access-keys.ts';
import type { Account } from '../../identity/accounts.ts';
import { accountId, operatorOperation, structure } from '../operation.ts';
import type { OperatorParts } from '../parts.ts';
import { type AccessKeySecret, accessKeySecret, secretOf } from './access-key-secret.ts';
import { noSuchAccount } from './not-found.ts';

interface Input {
  readonly AccountId: string;
}
interface Output {
  readonly AccessKey: AccessKeySecret;
}

/** A further root access key: for a lost one, or to change one without an interruption. */
export const createAccessKey = ({ rows, engine, clock }: OperatorParts): Operation =>
  operatorOperation<Input, Output>({
    name: 'CreateAccessKey',
    input: structure({ AccountId: accountId }),
    output: structure({ AccessKey: accessKeySecret }),
    readOnly: false,
    audit: ['AccountId'],
    async run({ AccountId }, call) {
      const id = must(parseAccountId(AccountId), 'account id');
      const account = await rows.get<Account>('account', id);
      if (account === undefined) throw noSuchAccount(id);
      const made = await newRootAccessKey(engine, clock, id);
      call.record.resources.push(rootArn(id));
      call.record.responseElements = { accountId: id, accessKeyId: made.accessKeyId };
      await call.commit({ expect: [{ table: 'account', id, version: account.version }], put: [made.row] });
      return { AccessKey: secretOf(made) };
    },
  });
