import type { Operation } from '../../core/call.ts';
import type { AccessKey } from '../../identity/access-keys.ts';
import { accessKeyId, operatorOperation, structure } from '../operation.ts';
import type { OperatorParts } from '../parts.ts';
import { noSuchAccessKey } from './not-found.ts';

interface Input {
  readonly AccessKeyId: string;
  readonly Status: AccessKey['status'];
}
interface Output extends Input {
  readonly AccountId: string;
}

const status = { type: 'string', enum: ['Active', 'Inactive'] } as const;
const members = { AccessKeyId: accessKeyId, Status: status };

/** An inactive key is refused from the next request on. */
export const updateAccessKey = ({ rows }: OperatorParts): Operation =>
  operatorOperation<Input, Output>({
    name: 'UpdateAccessKey',
    input: structure(members),
    output: structure({ ...members, AccountId: { type: 'string' } }),
    readOnly: false,
    audit: ['AccessKeyId', 'Status'],
    async run({ AccessKeyId, Status }, call) {
      const stored = await rows.get<AccessKey>('access-key', AccessKeyId);
      if (stored === undefined) throw noSuchAccessKey(AccessKeyId);
      const { account, principal } = stored.value;
      call.record.resources.push(principal);
      const value: AccessKey = { ...stored.value, status: Status };
      await call.commit({
        put: [{ table: 'access-key', id: AccessKeyId, version: stored.version + 1, value }],
      });
      return { AccessKeyId, Status, AccountId: account };
    },
  });
