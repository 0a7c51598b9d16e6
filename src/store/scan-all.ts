import type { ScanOptions, Table } from './contract.ts';

const PAGE = 500;

/** Rows or a store. */
interface Scanned<Row> {
  scan(table: Table, prefix: string, options: ScanOptions): Promise<readonly Row[]>;
}

/** Every row whose id begins with `prefix`, in byte order, read a page at a time. */
export async function* scanAll<Row extends { readonly id: string }>(
  source: Scanned<Row>,
  table: Table,
  prefix: string,
): AsyncGenerator<Row> {
  let after: string | undefined;
  for (;;) {
    const page = await source.scan(table, prefix, {
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.id;
  }
}
