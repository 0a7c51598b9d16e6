import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JournalError } from '../../src/audit/contract.ts';
import { must, parseAccountId, parseRegion } from '../../src/core/ids.ts';
import { StoreError } from '../../src/store/contract.ts';
import { faultNames, toServiceError } from '../../src/wire/errors.ts';
import { OperatorJson, operatorCaller } from '../../src/wire/operator-json.ts';

const account = must(parseAccountId('999999999999'), 'account');
const region = must(parseRegion('us-east-1'), 'Region');
const service = { name: 'lockholm', eventSource: 'lockholm', operations: new Map() };
const protocol = new OperatorJson(service, operatorCaller(1, account), region);
const told = (cause: Error): string =>
  JSON.parse(String(protocol.errorReply(toServiceError(cause, faultNames('lockholm'))).body)).message;

test('an operator is told that the disk is full, and what to do', () => {
  const full = 'The journal cannot be written: no space (ENOSPC). Make room.';
  assert.match(
    told(new JournalError('full', full)),
    /^The journal cannot be written: no space.*Make room\. Until/,
  );
  assert.match(told(new StoreError('full', 'no space is left for the store')), /^no space is left/);
});

test('and of other faults inside nothing', () => {
  assert.match(told(new Error('a secret')), /^The request was rejected because an internal exception/);
});
