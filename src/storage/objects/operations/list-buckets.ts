import type { Region } from '../../../core/ids.ts';
import { invalidArgument } from '../errors.ts';
import { operation } from '../operation.ts';
import { countParameter } from '../request.ts';

interface Input {
  readonly prefix: string;
  readonly after: string | undefined;
  readonly most: number;
  readonly region: string | undefined;
}
interface Listed {
  readonly region: Region;
  readonly created: number;
}
const MOST = 10_000;
/** Rows that are read at once. */
const PAGE = 500;

/** S3 API reference, "ListBuckets". */
export const listBuckets = operation<Input>({
  name: 'ListBuckets',
  method: 'GET',
  on: 'service',
  action: 's3:ListAllMyBuckets',
  readOnly: true,
  query: ['prefix', 'max-buckets', 'continuation-token', 'bucket-region'],
  decode: (request) => ({
    prefix: request.query.get('prefix') ?? '',
    after: tokenOf(request.query.get('continuation-token')),
    most: countParameter(request, 'max-buckets', MOST),
    region: request.query.get('bucket-region'),
  }),
  async run({ prefix, after, most, region }, _, call, { rows }) {
    const start = `${call.account}/`;
    const found: { readonly name: string; readonly value: Listed }[] = [];
    let last = after;
    for (let full = true; full && found.length <= most; ) {
      const options = { limit: PAGE, ...(last !== undefined && { after: start + last }) };
      const page = await rows.scan<Listed>('bucket-by-account', start + prefix, options);
      for (const { id, value } of page) {
        last = id.slice(start.length);
        if (region === undefined || value.region === region) found.push({ name: last, value });
      }
      full = page.length === PAGE;
    }
    const shown = found.slice(0, most);
    const next = found.length > most ? shown.at(-1)?.name : undefined;
    const Bucket = shown.map(({ name, value }) => ({
      Name: name,
      BucketRegion: value.region,
      CreationDate: new Date(value.created).toISOString(),
    }));
    return {
      xml: [
        'ListAllMyBucketsResult',
        {
          Owner: { ID: call.account },
          Buckets: { Bucket },
          ...(next !== undefined && { ContinuationToken: Buffer.from(next).toString('base64url') }),
          ...(prefix !== '' && { Prefix: prefix }),
        },
      ],
    };
  },
});

function tokenOf(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const name = Buffer.from(token, 'base64url').toString('utf8');
  if (!/^[a-z0-9.-]{3,63}$/.test(name))
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  return name;
}
