/**
 * The rows of the operation table: how a request names an operation, which headers and parameters it understands (all
 * others are refused, none is ignored), and what it does.
 */
import type { JsonObject } from '../../core/json.ts';
import type { ReplyStream } from '../../wire/protocol.ts';
import type { XmlElement } from '../../wire/rest-xml/xml.ts';
import type { S3Request } from './request.ts';
import type { StoredBucket } from './rows.ts';
import type { S3, S3Call } from './s3.ts';

/** Names in lower case, with the values that are understood, or `any`. A name that ends in `-` is of all that begin so. */
export type Understood = Readonly<Record<string, 'any' | readonly string[]>>;

export interface S3Answer {
  readonly status?: number;
  readonly headers?: readonly string[];
  /** Root element and its members. */
  readonly xml?: readonly [root: string, members: XmlElement];
  readonly contentType?: string;
  readonly stream?: ReplyStream;
}

export interface S3Operation<Input = unknown> {
  readonly name: string;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly on: 'service' | 'bucket' | 'object';
  /** The query parameter that names it, with its value where that matters. */
  readonly marker?: readonly [name: string, value?: string];
  readonly action: `s3:${string}`;
  readonly readOnly: boolean;
  /** It makes the bucket, which need not exist. */
  readonly makesBucket?: true;
  /** Also where the request is signed for another Region than the bucket's. */
  readonly anyRegion?: true;
  /** Of `x-amz-...`, beside those that every operation understands. */
  readonly headers?: Understood;
  /** Of query parameters. */
  readonly query?: readonly string[];
  readonly body?: 'document' | 'object';
  decode(request: S3Request): Input;
  /** Request parameters for the journal, beside bucket and key. */
  audit?(input: Input): JsonObject;
  /** `bucket` is there unless the operation is on the service or makes it. */
  run(input: Input, target: S3Target, call: S3Call, s3: S3): Promise<S3Answer> | S3Answer;
}

export interface S3Target {
  readonly name: string;
  readonly key: string;
  readonly bucket: StoredBucket | undefined;
}

/** Rows are typed where they are written and uniform in the table. */
export const operation = <Input>(row: S3Operation<Input>): S3Operation => row as S3Operation;
