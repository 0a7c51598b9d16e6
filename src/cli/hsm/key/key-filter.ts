/** Which key: the filters of cloudhsm-cli, as far as there are such attributes. */
import { InvalidArgumentError } from 'commander';
import type { HsmConnection } from '../../../hsm/client/connection.ts';
import { HANDLE, LABEL } from '../../../hsm/protocol/values.ts';
import { Failure } from '../../failure.ts';
import { type KeyInfo, keyReference } from './describe.ts';

export interface KeyFilter {
  readonly handle?: string;
  readonly label?: string;
}

export const FILTER = 'key-reference=0x... or attr.label=...';

export function parseFilter(given: string): KeyFilter {
  const [, name, value = ''] = /^(key-reference|attr\.label)=(.*)$/s.exec(given) ?? [];
  const handle = value.replace(/^0x/i, '').toLowerCase();
  if (name === 'key-reference' && HANDLE.test(handle)) return { handle };
  if (name === 'attr.label' && LABEL.test(value)) return { label: value };
  throw new InvalidArgumentError(`It is ${FILTER}`);
}

const PAGE = 500;

/** All keys of the user, or that it shares in, that the filter leaves. */
export async function findKeys(
  connection: HsmConnection,
  { handle, label = '' }: KeyFilter = {},
): Promise<readonly KeyInfo[]> {
  if (handle !== undefined) return [(await connection.call('describeKey', { handle })).key];
  const found: KeyInfo[] = [];
  for (;;) {
    const { keys } = await connection.call('findKeys', {
      label,
      after: found.at(-1)?.handle ?? '',
      limit: PAGE,
    });
    found.push(...keys.map(copied));
    if (keys.length < PAGE) return found;
  }
}

/** Replies are views of a buffer that is used again. */
const copied = (key: KeyInfo): KeyInfo => ({ ...key, checkValue: Buffer.from(key.checkValue) });

export async function findOne(connection: HsmConnection, filter: KeyFilter, what = 'key'): Promise<KeyInfo> {
  const [first, ...more] = await findKeys(connection, filter);
  if (first === undefined)
    throw new Failure(
      `There is no ${what} with label ${filter.label} that this user may use: lockholm hsm key list`,
    );
  if (more.length > 0)
    throw new Failure(
      `${more.length + 1} keys have the label ${filter.label}. Say which ${what}: ` +
        [first, ...more].map(({ handle }) => `key-reference=${keyReference(handle)}`).join(', '),
    );
  return first;
}
