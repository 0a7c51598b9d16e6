import type { Operation } from '../../core/call.ts';
import { must, parseAccountId } from '../../core/ids.ts';
import type { AccessKey } from '../../identity/access-keys.ts';
import { getAccount } from '../../identity/accounts.ts';
import type { Rows, Stored } from '../../store/rows-contract.ts';
import { scanAll } from '../../store/scan-all.ts';
import { accessKeyId, accountId, isoTime, listOf, operatorOperation, structure, text } from '../operation.ts';
import type { OperatorParts } from '../parts.ts';
import { noSuchAccount } from './not-found.ts';

interface Input {
  /** Absent: those of all accounts. */
  readonly AccountId?: string;
}
interface Listed {
  readonly AccessKeyId: string;
  readonly AccountId: string;
  readonly Status: AccessKey['status'];
  readonly Created: string;
}
interface Output {
  readonly AccessKeys: readonly Listed[];
}

const listed = structure({ AccessKeyId: accessKeyId, AccountId: accountId, Status: text, Created: text });

/** By account, then by age. Secrets are nowhere to be listed from. */
export const listAccessKeys = ({ rows }: OperatorParts): Operation =>
  operatorOperation<Input, Output>({
    name: 'ListAccessKeys',
    input: structure({ AccountId: accountId }, ['AccountId']),
    output: structure({ AccessKeys: listOf(listed) }),
    readOnly: true,
    audit: ['AccountId'],
    async run({ AccountId }) {
      if (AccountId !== undefined) await requireAccount(rows, AccountId);
      const all = await Array.fromAsync(scanAll<Stored<AccessKey>>(rows, 'access-key', ''));
      const keys = all.filter(({ value }) => (AccountId ?? value.account) === value.account);
      keys.sort(
        (a, b) => a.value.account.localeCompare(b.value.account) || a.value.created - b.value.created,
      );
      return {
        AccessKeys: keys.map(({ id, value }) => ({
          AccessKeyId: id,
          AccountId: value.account,
          Status: value.status,
          Created: isoTime(value.created),
        })),
      };
    },
  });

async function requireAccount(rows: Rows, id: string): Promise<void> {
  const account = await getAccount(rows, must(parseAccountId(id), 'account id'));
  if (account === undefined) throw noSuchAccount(id);
}
