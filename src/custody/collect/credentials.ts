/** Credentials of an account: who has them, and where they lie. */
import type { AccessKey } from '../../identity/access-keys.ts';
import type { Rows, Stored } from '../../store/rows-contract.ts';
import { scanAll } from '../../store/scan-all.ts';
import { enforced, recorded, resting } from '../basis.ts';
import { type Bare, CLEAR, type Fact } from '../facts.ts';
import { credentialName, DATA_FOLDER, domainKeyName } from './names.ts';
import type { People } from './people.ts';
import type { Credentials, Machine } from './sources.ts';

/** Access keys that sign valid requests. */
export async function activeCredentials(rows: Rows): Promise<readonly Credentials[]> {
  const found: Credentials[] = [];
  for await (const { id, value } of scanAll<Stored<AccessKey>>(rows, 'access-key', ''))
    if (value.status === 'Active')
      found.push({ account: value.account, accessKeyId: id, created: value.created });
  return found;
}

export interface Account {
  readonly id: string;
  readonly tenant: string;
  readonly credentials: readonly Credentials[];
}

export function credentialFacts(
  people: People,
  machine: Machine,
  domainKeys: readonly number[],
  { id, tenant, credentials }: Account,
): readonly Fact[] {
  const secret = credentialName(id);
  const inFolder = credentials.some(({ accessKeyId }) => machine.accessKeysInFolder.includes(accessKeyId));
  const stored = (under: string): Bare => ({ fact: 'stored', secret, place: DATA_FOLDER, under });
  return [
    ...resting(recorded('store'), { fact: 'keeper', party: tenant, secret }),
    ...(credentials.length === 0
      ? []
      : resting(recorded('store'), ...domainKeys.map((key) => stored(domainKeyName(key))))),
    ...(inFolder ? resting(recorded('store', 'the file credentials'), stored(CLEAR)) : []),
    ...(approvalIsNeeded(people)
      ? []
      : people.of('staff').flatMap((party) =>
          resting(
            enforced(
              'the front, which makes access keys for staff (account create-access-key)',
              machine.host,
            ),
            {
              fact: 'keeper',
              party,
              secret,
            },
          ),
        )),
  ];
}

/** Staff makes itself access keys of any account, unless somebody declares that the use of any key needs approval. */
const approvalIsNeeded = (people: People): boolean =>
  people.each('approve').some(({ key }) => key === undefined);
