/** All subjects, a page at a time: keys, then destroyed keys of which something is on record, S3 roots, buckets. */
import { parseAccountId, parseKeyId, parseRegion } from '../../core/ids.ts';
import type { Table } from '../../store/contract.ts';
import type { Rows } from '../../store/rows-contract.ts';

export interface SubjectPage {
  /** As `findSubject` takes them. */
  readonly names: readonly string[];
  /** Where to go on; absent when there is nothing more. */
  readonly next?: string;
}

const stages = ['key', 'lineage', 's3-root', 'bucket'] as const satisfies readonly Table[];
type Stage = (typeof stages)[number];
/** Rows that one page looks at, at most: of a destroyed key each material has some. */
const LOOKED_AT = 500;

/** Rejects nothing: a cursor that is none begins at the beginning. */
export async function pageOfSubjects(
  rows: Rows,
  cursor: string | undefined,
  limit: number,
): Promise<SubjectPage> {
  const [stage, after] = parseCursor(cursor);
  const found = await rows.scan<object>(stage, '', {
    limit: stage === 'lineage' ? LOOKED_AT : limit,
    ...(after === '' ? {} : { after }),
  });
  const size = stage === 'lineage' ? LOOKED_AT : limit;
  const names = await namesOf(
    rows,
    stage,
    found.map(({ id }) => id),
    after,
  );
  const next = found.length === size ? `${stage}:${found.at(-1)?.id}` : following(stage);
  return { names, ...(next === undefined ? {} : { next }) };
}

function parseCursor(cursor = ''): readonly [Stage, string] {
  const colon = cursor.indexOf(':');
  const stage = stages.find((known) => known === cursor.slice(0, colon));
  return stage === undefined ? ['key', ''] : [stage, cursor.slice(colon + 1)];
}

function following(stage: Stage): string | undefined {
  const next = stages[stages.indexOf(stage) + 1];
  return next && `${next}:`;
}

async function namesOf(
  rows: Rows,
  stage: Stage,
  ids: readonly string[],
  after: string,
): Promise<readonly string[]> {
  if (stage === 's3-root') return ids.map((id) => `sse-s3:${id}`);
  if (stage === 'bucket') return ids.map((id) => `s3://${id}`);
  // A key whose rows began on the page before was named there.
  const keys = new Set(ids.flatMap(arnIn));
  if (stage === 'key') return [...keys];
  for (const known of arnIn(after)) keys.delete(known);
  const living = await Promise.all([...keys].map(async (arn) => ((await isLiving(rows, arn)) ? [] : [arn])));
  return living.flat();
}

/** Rows that begin with a key's name; none of the other lineage rows do. */
function arnIn(row: string): readonly string[] {
  const [account = '', region = '', id = ''] = row.split('/');
  const isKey = parseAccountId(account) && parseRegion(region) && parseKeyId(id);
  return isKey ? [`arn:aws:kms:${region}:${account}:key/${id}`] : [];
}

async function isLiving(rows: Rows, arn: string): Promise<boolean> {
  const [, , , region, account, resource = ''] = arn.split(':');
  return (await rows.get('key', `${account}/${region}/${resource.slice('key/'.length)}`)) !== undefined;
}
