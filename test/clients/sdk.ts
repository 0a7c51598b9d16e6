/** How calls of the AWS SDK for JavaScript fail, and all pages of a paginator. */
import assert from 'node:assert/strict';
import { KMSServiceException } from '@aws-sdk/client-kms';

export type ErrorClass = abstract new (...args: never[]) => KMSServiceException;

/** The call fails with this class of error, and this message where one is given. */
export const fails = (call: Promise<unknown>, kind: ErrorClass, message?: string): Promise<void> =>
  assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof kind, String(error));
    if (message !== undefined) assert.equal(error.message, message);
    assert.equal(error.$metadata.httpStatusCode, 400);
    assert.match(error.$metadata.requestId ?? '', /^[0-9a-f-]{36}$/);
    return true;
  });

/** An error that the SDK knows no class for. */
export const failsNamed = (call: Promise<unknown>, name: string, message?: RegExp): Promise<void> =>
  assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof KMSServiceException, String(error));
    assert.equal(error.name, name);
    if (message !== undefined) assert.match(error.message, message);
    return true;
  });

export const collect = async <Page, Item>(
  pages: AsyncIterable<Page>,
  items: (page: Page) => readonly Item[] | undefined,
) => {
  const all: Item[] = [];
  let count = 0;
  for await (const page of pages) {
    count += 1;
    all.push(...(items(page) ?? []));
  }
  return { all, count };
};
