/** Writes schemas/: the JSON schemas of what commands print and take. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { factsSchema } from '../src/custody/facts-file.ts';
import { reportSchema } from '../src/custody/report/schema.ts';

const folder = join(import.meta.dirname, '..', 'schemas');
mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries({
  'custody-report': reportSchema(),
  'custody-facts': factsSchema(),
}))
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(schema, null, 2)}\n`);
