/** The JSON schema (draft 2020-12) of a report; schemas/custody-report.json is this. */
import { factsSchema } from '../facts-file.ts';
import { arrangements, REPORT_FORMAT, REPORT_VERSION } from './report.ts';

type Schema = object;
const text: Schema = { type: 'string' };
const count: Schema = { type: 'integer', minimum: 0 };
const money: Schema = { type: 'number', minimum: 0 };
const flag: Schema = { type: 'boolean' };
const time: Schema = { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$' };
const list = (items: Schema): Schema => ({ type: 'array', items });
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` });

/** All members are required but those whose name ends with `?`. */
function object(members: Readonly<Record<string, Schema>>): Schema {
  const names = Object.keys(members);
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(members).map(([name, form]) => [name.replace('?', ''), form]),
    ),
    required: names.filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  };
}

const way = object({
  needs: list(object({ letter: { enum: ['O', 'K', 'H', 'X', 'T'] }, count, of: list(text) })),
  'approvals?': object({ k: count, of: list(text) }),
  brings: { enum: ['locked copy', 'part', 'nothing'] },
  'place?': text,
  seenBy: { enum: ['nobody', "the operator's log only", 'the tenant independently'] },
});
const verdict = {
  text,
  answer: { enum: ['alone', 'needs', 'nobody on record', 'not known'] },
  ways: list(ref('way')),
  inFull: list(text),
};
const row = object({
  actor: object({ id: text, kind: text, parties: list(text) }),
  cells: object({ M: ref('cell'), U: ref('cell'), P: ref('cell') }),
  exposed: list(ref('exposure')),
});
const lineage = object({
  material: text,
  events: list(
    object({
      event: text,
      time,
      entry: text,
      holders: list(object({ place: text, under: text })),
      'from?': object({ clusterId: text, hsmId: text, lineage: text }),
      'wrappedHash?': text,
    }),
  ),
  inBackups: list(text),
  outlivedByBackup: flag,
  sameAs: list(text),
  'objects?': count,
});
const subject = object({
  kind: { enum: ['key', 'bucket', 'object', 's3-root'] },
  name: text,
  account: { type: 'string', pattern: '^[0-9]{12}$' },
  aliases: list(text),
  arrangements: list({ enum: arrangements }),
  'state?': text,
  rows: list(ref('row')),
  exposed: list(ref('exposure')),
  lineage: list(ref('lineage')),
  backups: list(object({ id: text, path: text, created: time, 'deleted?': time })),
  'handedOut?': object({
    ciphertexts: count,
    received: list(object({ principal: text, dataKeys: count, plaintexts: count })),
  }),
  cost: list(ref('figure')),
  facts: list(ref('fact')),
});

export function reportSchema(): object {
  const { $defs } = factsSchema() as { readonly $defs: object };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Custody report of Lockholm',
    ...object({
      format: { const: REPORT_FORMAT },
      version: { const: REPORT_VERSION },
      validAt: object({
        time,
        journalEntries: count,
        logHead: { type: 'string', pattern: '^(?:[0-9a-f]{64})?$' },
      }),
      host: text,
      endpoint: text,
      subjects: list(ref('subject')),
      omitted: list(object({ name: text, reason: text, empty: flag })),
      declared: list(object({ fact: text, by: text, at: text })),
      unknown: list(text),
      cost: object({
        figures: list(ref('figure')),
        prices: list(object({ what: text, usd: money, per: text, read: text, source: text })),
      }),
    }),
    $defs: {
      ...$defs,
      way,
      cell: object({ ...verdict, 'fromNextStart?': object(verdict) }),
      exposure: object({ material: text, party: text, 'from?': time, 'to?': time }),
      row,
      lineage,
      figure: object({ what: text, usd: money, how: text }),
      subject,
    },
  };
}
