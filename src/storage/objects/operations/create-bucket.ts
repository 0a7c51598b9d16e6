import { parseRegion, type Region } from '../../../core/ids.ts';
import { onlyMembers, parseXml, textOf } from '../../../wire/rest-xml/xml.ts';
import { bucketExists, bucketIsYours, invalidArgument, invalidBucketName } from '../errors.ts';
import { bucketArn, CONTEXT_KEY, isBucketName } from '../names.ts';
import { operation, type S3Answer } from '../operation.ts';
import { type BucketRow, bucketByAccountRow, bucketRow, getBucket } from '../rows.ts';
import type { S3Call } from '../s3.ts';

interface Input {
  readonly location: string | undefined;
}
/** Where asking for a bucket that one has is no error, for the sake of old clients. */
const FIRST_REGION = 'us-east-1';

/** S3 API reference, "CreateBucket". */
export const createBucket = operation<Input>({
  name: 'CreateBucket',
  method: 'PUT',
  on: 'bucket',
  action: 's3:CreateBucket',
  readOnly: false,
  makesBucket: true,
  body: 'document',
  headers: {
    'x-amz-acl': ['private'],
    'x-amz-object-ownership': ['BucketOwnerEnforced'],
    'x-amz-bucket-object-lock-enabled': ['false', 'False'],
  },
  decode({ body }) {
    if (body.length === 0) return { location: undefined };
    const document = parseXml(body, 'CreateBucketConfiguration', []);
    onlyMembers(document, ['LocationConstraint']);
    return { location: textOf(document.LocationConstraint) };
  },
  audit: ({ location }) => ({ CreateBucketConfiguration: { LocationConstraint: location ?? null } }),
  async run({ location }, { name }, call, { rows, keys }) {
    if (!isBucketName(name)) throw invalidBucketName(name);
    const region = regionOf(location, call);
    const existing = await getBucket(rows, name);
    if (existing !== undefined) return present(name, existing.value, region, call);
    const row: BucketRow = {
      account: call.account,
      region,
      created: call.time,
      key: await keys.makeBucketKey(call.account, { [CONTEXT_KEY]: bucketArn(name) }),
      encryption: { algorithm: 'AES256' },
    };
    // When somebody else came first, the call runs again and finds the bucket.
    await call.commit({
      put: [
        { ...bucketRow(name), version: 1, value: row },
        { ...bucketByAccountRow(call.account, name), version: 1, value: { region, created: call.time } },
      ],
    });
    return created(name);
  },
});

const created = (name: string): S3Answer => ({ headers: ['Location', `/${name}`] });

function present(name: string, { account, region }: BucketRow, wanted: Region, call: S3Call): S3Answer {
  if (account !== call.account) throw bucketExists(name);
  if (region === FIRST_REGION && wanted === FIRST_REGION) return created(name);
  throw bucketIsYours(name);
}

/** A bucket is made in the Region whose endpoint is asked: there is one endpoint for all Regions here. */
function regionOf(location: string | undefined, call: S3Call): Region {
  const text =
    location === undefined || location === '' ? call.region : location === 'EU' ? 'eu-west-1' : location;
  const region = parseRegion(text);
  if (region === undefined || (call.region !== FIRST_REGION && region !== call.region)) {
    const message = `The ${text} location constraint is incompatible for the region specific endpoint this request was sent to.`;
    throw invalidArgument(message, 'LocationConstraint', text);
  }
  return region;
}
