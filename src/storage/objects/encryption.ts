/** How an object is to be encrypted: by its request's headers, or else by its bucket ("Protecting data with encryption"). */
import type { HttpHead } from '../../core/http-head.ts';
import {
  elementOf,
  listOf,
  malformedXml,
  onlyMembers,
  textOf,
  type XmlElement,
} from '../../wire/rest-xml/xml.ts';
import { invalidArgument, notImplemented } from './errors.ts';
import { CONTEXT_KEY } from './names.ts';
import type { Understood } from './operation.ts';
import type { BucketEncryption, ObjectRow } from './rows.ts';

const SSE = 'x-amz-server-side-encryption';
const KEY_ID = `${SSE}-aws-kms-key-id`;
const CONTEXT = `${SSE}-context`;
const BUCKET_KEY = `${SSE}-bucket-key-enabled`;

/** SSE with keys of the client is refused with all that is not listed. */
export const encryptionHeaders: Understood = {
  [SSE]: 'any',
  [KEY_ID]: 'any',
  [CONTEXT]: 'any',
  [BUCKET_KEY]: 'any',
};

type Context = Readonly<Record<string, string>>;

/** What a request asks for. */
export interface AskedEncryption {
  /** Absent where the bucket decides. */
  readonly encryption?: BucketEncryption;
  readonly context?: Context;
}

export const MANAGED_KEY = 'alias/aws/s3';

export function askedEncryption(head: HttpHead): AskedEncryption {
  const [algorithm, key, context] = [head.get(SSE), head.get(KEY_ID), head.get(CONTEXT)];
  const bucketKey = head.get(BUCKET_KEY);
  if (bucketKey !== undefined && bucketKey.toLowerCase() !== 'false') throw notImplemented(BUCKET_KEY);
  if (algorithm !== 'aws:kms') {
    if (algorithm !== undefined && algorithm !== 'AES256') throw unknownAlgorithm(algorithm);
    const [name, value] = key !== undefined ? [KEY_ID, key] : [CONTEXT, context];
    if (value !== undefined) throw needsKms(name, value);
    return algorithm === undefined ? {} : { encryption: { algorithm } };
  }
  const encryption = { algorithm, ...(key !== undefined && { key }) } as const;
  return context === undefined ? { encryption } : { encryption, context: parseContext(context) };
}

const needsKms = (name: string, value: string) =>
  invalidArgument(
    `Server Side Encryption with AWS KMS managed key requires HTTP header ${SSE} : aws:kms`,
    name,
    value,
  );

function unknownAlgorithm(algorithm: string) {
  if (algorithm === 'aws:kms:dsse' || algorithm === 'aws:fsx') return notImplemented(`${SSE}: ${algorithm}`);
  return invalidArgument('The encryption method specified is not supported', SSE, algorithm);
}

/** Base64 of a JSON object of texts. */
function parseContext(text: string): Context {
  const wrong = () =>
    invalidArgument('The header is not the base64 of a JSON object of texts.', CONTEXT, text);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch {
    throw wrong();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong();
  if (!Object.values(value).every((each) => typeof each === 'string')) throw wrong();
  return value as Context;
}

/** The context of a data key: the ARN, and what the client gave. */
export function contextOf(arn: string, given: Context | undefined): Context {
  const own = given?.[CONTEXT_KEY];
  if (own !== undefined && own !== arn)
    throw invalidArgument(
      `The encryption context has another ${CONTEXT_KEY} than that of the object.`,
      CONTEXT,
      own,
    );
  return { ...given, [CONTEXT_KEY]: arn };
}

/** The headers that say how an object is encrypted. */
export const encryptionReply = ({ wrap }: Pick<ObjectRow, 'wrap'>): readonly string[] =>
  wrap.by === 's3-root' ? [SSE, 'AES256'] : [SSE, 'aws:kms', KEY_ID, wrap.keyArn];

const RULE_MEMBERS = ['ApplyServerSideEncryptionByDefault', 'BucketKeyEnabled', 'BlockedEncryptionTypes'];

/** The document of PutBucketEncryption. The key is not looked at before it is used. */
export function parseBucketEncryption(document: XmlElement): BucketEncryption {
  onlyMembers(document, ['Rule']);
  const rules = listOf(document.Rule);
  const rule = elementOf(rules[0]);
  if (rule === undefined || rules.length !== 1) throw malformedXml();
  onlyMembers(rule, RULE_MEMBERS);
  if ((textOf(rule.BucketKeyEnabled) ?? 'false').toLowerCase() !== 'false')
    throw notImplemented('BucketKeyEnabled');
  checkBlocked(elementOf(rule.BlockedEncryptionTypes));
  const byDefault = elementOf(rule.ApplyServerSideEncryptionByDefault);
  if (byDefault === undefined) throw malformedXml();
  onlyMembers(byDefault, ['SSEAlgorithm', 'KMSMasterKeyID']);
  const [algorithm, key] = [textOf(byDefault.SSEAlgorithm), textOf(byDefault.KMSMasterKeyID)];
  if (algorithm === 'aws:kms') return { algorithm, ...(key !== undefined && key !== '' && { key }) };
  if (algorithm === 'aws:kms:dsse') throw notImplemented('SSEAlgorithm aws:kms:dsse');
  if (algorithm !== 'AES256') throw malformedXml();
  if (key !== undefined) {
    const message = 'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms';
    throw invalidArgument(message, 'KMSMasterKeyID', key);
  }
  return { algorithm };
}

/** Keys of clients are always refused here, which is what SSE-C in this list asks for; NONE would allow them. */
function checkBlocked(blocked: XmlElement | undefined): void {
  if (blocked === undefined) return;
  onlyMembers(blocked, ['EncryptionType']);
  for (const type of listOf(blocked.EncryptionType))
    if (type !== 'SSE-C') throw notImplemented('BlockedEncryptionTypes without SSE-C');
}

export const bucketEncryptionXml = (encryption: BucketEncryption): XmlElement => ({
  Rule: {
    ApplyServerSideEncryptionByDefault: {
      SSEAlgorithm: encryption.algorithm,
      ...(encryption.algorithm === 'aws:kms' &&
        encryption.key !== undefined && { KMSMasterKeyID: encryption.key }),
    },
    BucketKeyEnabled: 'false',
    BlockedEncryptionTypes: { EncryptionType: 'SSE-C' },
  },
});
