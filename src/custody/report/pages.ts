/** All subjects, a page at a time: keys, then destroyed keys of which something is on record, S3 roots, buckets. */
import { keyArn } from '../../core/ids.ts';
import { keyRow } from '../../kms/key.ts';
import type { Table } from '../../store/contract.ts';
import type { Rows } from '../../store/rows-contract.ts';
import type { KeyName } from '../collect/held.ts';
import { bucketName, sseS3Name } from '../collect/names.ts';
import { keyInRow } from './subjects.ts';

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
  const size = stage === 'lineage' ? LOOKED_AT : limit;
  const found = await rows.scan<object>(stage, '', { limit: size, ...(after === '' ? {} : { after }) });
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
  if (stage === 's3-root') return ids.map(sseS3Name);
  if (stage === 'bucket') return ids.map(bucketName);
  const keys = new Map(ids.flatMap(keyIn).map((name) => [keyArn(name, name.id), name]));
  if (stage === 'key') return [...keys.keys()];
  // A key whose rows began on the page before was named there.
  for (const known of keyIn(after)) keys.delete(keyArn(known, known.id));
  const destroyed = await Promise.all(
    [...keys].map(async ([arn, name]) => ((await isLiving(rows, name)) ? [] : [arn])),
  );
  return destroyed.flat();
}

/** Of rows that begin with a key's name, which none of the other lineage rows do. */
const keyIn = (row: string): readonly KeyName[] => keyInRow(row, row.split('/')[2] ?? '');

async function isLiving(rows: Rows, name: KeyName): Promise<boolean> {
  const { table, id } = keyRow(name, name.id);
  return (await rows.get(table, id)) !== undefined;
}
