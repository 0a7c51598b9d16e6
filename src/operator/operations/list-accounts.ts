import type { Operation } from '../../core/call.ts';
import { listAccounts as allAccounts } from '../../identity/accounts.ts';
import { accountId, isoTime, listOf, operatorOperation, structure, text } from '../operation.ts';
import type { OperatorParts } from '../parts.ts';

interface Output {
  readonly Accounts: readonly {
    readonly AccountId: string;
    readonly Name: string;
    readonly Created: string;
  }[];
}

export const listAccounts = ({ rows }: OperatorParts): Operation =>
  operatorOperation<object, Output>({
    name: 'ListAccounts',
    input: structure({}),
    output: structure({ Accounts: listOf(structure({ AccountId: accountId, Name: text, Created: text })) }),
    readOnly: true,
    audit: [],
    async run() {
      const accounts = await allAccounts(rows);
      return {
        Accounts: accounts.map(({ id, name, created }) => ({
          AccountId: id,
          Name: name,
          Created: isoTime(created),
        })),
      };
    },
  });
