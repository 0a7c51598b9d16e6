import type { HttpHead } from '../../../core/http-head.ts';
import {
  elementOf,
  listOf,
  malformedXml,
  onlyMembers,
  parseXml,
  textOf,
  type XmlValue,
} from '../../../wire/rest-xml/xml.ts';
import { checkDocument, checksumHeaders } from '../checks.ts';
import { notImplemented } from '../errors.ts';
import { checkKey } from '../names.ts';
import { operation } from '../operation.ts';
import { removeObjects } from '../remove.ts';

interface Input {
  readonly head: HttpHead;
  readonly body: Buffer;
  readonly keys: readonly string[];
  readonly quiet: boolean;
}
const MOST = 1000;

/** S3 API reference, "DeleteObjects": all of them in one change. */
export const deleteObjects = operation<Input>({
  name: 'DeleteObjects',
  method: 'POST',
  on: 'bucket',
  marker: ['delete'],
  action: 's3:DeleteObject',
  readOnly: false,
  body: 'document',
  headers: checksumHeaders,
  decode({ head, body }) {
    const document = parseXml(body, 'Delete', ['Object']);
    onlyMembers(document, ['Object', 'Quiet']);
    const keys = listOf(document.Object).map(keyOf);
    if (keys.length === 0 || keys.length > MOST) throw malformedXml();
    return { head, body, keys: [...new Set(keys)], quiet: textOf(document.Quiet) === 'true' };
  },
  audit: ({ keys }) => ({ delete: { keys: keys.length } }),
  async run({ head, body, keys, quiet }, { name }, call, s3) {
    await checkDocument(head, body);
    await removeObjects(name, keys, call, s3);
    return { xml: ['DeleteResult', quiet ? {} : { Deleted: keys.map((Key) => ({ Key })) }] };
  },
});

function keyOf(value: XmlValue): string {
  const object = elementOf(value);
  if (object === undefined) throw malformedXml();
  for (const member of Object.keys(object))
    if (member !== 'Key' && (member !== 'VersionId' || object.VersionId !== 'null'))
      throw notImplemented(`${member} in DeleteObjects`);
  const key = textOf(object.Key) ?? '';
  if (key === '') throw malformedXml();
  checkKey(key);
  return key;
}
