import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { bindOperations } from '../../src/wire/services.ts';
import { account } from '../identity/world.ts';
import { startServer, type TestServer } from './server.ts';

const OTHER_ACCOUNT = '999988887777';
const INTERNAL = 'The request was rejected because an internal exception occurred. Retry the request.';

const bound = (server: TestServer, name: string) => {
  const found = bindOperations(server.notes.service()).find(({ operation }) => operation.name === name);
  assert.ok(found);
  return found;
};
const asUser = {
  type: 'Root',
  account,
  arn: `arn:aws:iam::${account}:root`,
  principalId: account,
  invokedBy: 's3.amazonaws.com',
} as const;
const region = 'us-east-1' as Parameters<TestServer['pipeline']['invoke']>[0]['region'];

describe('one call through the pipeline', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(() => server.close());

  test('a change takes effect with its event, which the journal holds before the answer', async () => {
    const answer = await server.call('PutNote', { Name: 'a', Text: 'hello' });
    assert.deepEqual([answer.status, answer.body], [200, '']);
    const [event, ...more] = await server.events();
    assert.equal(more.length, 0);
    assert.equal(event?.name, 'PutNote');
    assert.equal(event?.source, 'notes.amazonaws.com');
    assert.equal(event?.requestId, answer.headers['x-amzn-requestid']);
    assert.equal(event?.region, 'eu-central-1');
    assert.equal(event?.readOnly, false);
    assert.deepEqual(event?.more?.requestParameters, { name: 'a' });
    assert.deepEqual(event?.more?.responseElements, { runs: 1 });
    assert.equal(event?.more?.userIdentity.accountId, account);
    assert.deepEqual(server.dropped, [event?.id]);
  });

  test('a read answers with its output and leaves an event', async () => {
    await server.call('PutNote', { Name: 'a', Text: 'é' });
    const answer = await server.call('GetNote', { Name: 'a' });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/x-amz-json-1.1');
    assert.equal(answer.body, '{"Text":"é","Made":1700000000.25}');
    const events = await server.events();
    assert.deepEqual(
      events.map(({ name, readOnly }) => [name, readOnly]),
      [
        ['PutNote', false],
        ['GetNote', true],
      ],
    );
    assert.equal(server.dropped.length, 1);
  });

  test('what fails after authentication is in the journal with its error', async () => {
    for (const [operation, input, code, message] of [
      ['GetNote', { Name: 'none' }, 'NotFoundException', 'There is no note none.'],
      ['Break', { Name: 'silent' }, 'InvalidCiphertextException', undefined],
      [
        'GetNote',
        {},
        'ValidationException',
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
      ],
    ] as const) {
      const answer = await server.call(operation, input);
      assert.equal(answer.status, 400);
      assert.equal(answer.body, JSON.stringify({ __type: code, message }));
      const event = (await server.events()).at(-1);
      assert.deepEqual([event?.errorCode, event?.more?.errorMessage], [code, message]);
    }
  });

  test('a body that does not decode is journalled without parameters', async () => {
    const answer = await server.call('GetNote', '{"Name":5}');
    assert.equal(
      answer.body,
      '{"__type":"SerializationException","Message":"NUMBER_VALUE can not be converted to a String"}',
    );
    const [event] = await server.events();
    assert.equal(event?.errorCode, 'SerializationException');
    assert.equal(event?.more?.requestParameters, undefined);
  });

  test('what fails before authentication is counted and leaves no event', async () => {
    const answers = await Promise.all([
      server.send('POST', '/', { 'X-Amz-Target': 'Notes.GetNote' }, '{}'),
      server.call('GetNote', {}, { service: 'kms' }),
      server.call('Nothing', {}),
    ]);
    assert.deepEqual(
      answers.map(({ status, body }) => [status, JSON.parse(body).__type]),
      [
        [400, 'MissingAuthenticationTokenException'],
        [400, 'InvalidSignatureException'],
        [400, 'UnknownOperationException'],
      ],
    );
    assert.deepEqual(await server.events(), []);
    assert.deepEqual(server.pipeline.refused.entries(), [
      ['InvalidSignatureException', 1],
      ['MissingAuthenticationTokenException', 1],
      ['UnknownOperationException', 1],
    ]);
  });

  test("another account's resource is refused in AWS's words", async () => {
    const answer = await server.call('GetNote', { Name: 'a', Account: OTHER_ACCOUNT });
    assert.equal(answer.status, 400);
    assert.deepEqual(JSON.parse(answer.body), {
      __type: 'AccessDeniedException',
      Message:
        'User: arn:aws:iam::111122223333:root is not authorized to perform: notes:GetNote on resource: ' +
        `arn:aws:notes:eu-central-1:${OTHER_ACCOUNT}:note/x because no resource-based policy allows the notes:GetNote action`,
    });
  });

  test('an operation that names nothing to authorise is refused', async () => {
    assert.equal((await server.call('Unnamed', { Name: 'a' })).status, 500);
  });

  test('faults tell the client nothing of their cause, and the log all', async () => {
    for (const [name, status, code, message] of [
      ['other', 500, 'InternalFailure', INTERNAL],
      ['store', 500, 'InternalFailure', INTERNAL],
      ['output', 500, 'InternalFailure', INTERNAL],
      [
        'engine',
        503,
        'ServiceUnavailable',
        'The request was rejected because the keys are not available now. Retry the request.',
      ],
    ] as const) {
      const answer = await server.call('Break', { Name: name });
      assert.equal(answer.status, status, name);
      assert.equal(answer.body, JSON.stringify({ __type: code, message }));
      assert.equal((await server.events()).at(-1)?.errorCode, code);
    }
    const line = server.logged.find((text) => text.includes('secret detail'));
    assert.match(line ?? '', /"level":"error".*"requestId":"[0-9a-f-]{36}".*"operation":"Break"/);
  });

  test('a row that is not authentic fails the call, and the log names it', async () => {
    const forged = { table: 'setting', id: 'forged', version: 1 } as const;
    const content = Buffer.from('{"Text":"forged"}');
    await server.world.store.commit({ put: [{ ...forged, content, mac: Buffer.alloc(33) }] });
    assert.equal((await server.call('GetNote', { Name: 'forged' })).status, 500);
    assert.match(server.logged.join(''), /"a call failed".*row setting forged is not authentic/);
  });

  test('a commit that meets another change runs again', async () => {
    server.notes.conflicts = 2;
    assert.equal((await server.call('PutNote', { Name: 'a', Text: 'x' })).status, 200);
    assert.equal(server.notes.runs, 3);
    const events = await server.events();
    assert.deepEqual(
      events.map(({ name, errorCode }) => [name, errorCode]),
      [['PutNote', undefined]],
    );
  });

  test('but not for ever: then the client is told to slow down', async () => {
    server.notes.conflicts = 100;
    const answer = await server.call('PutNote', { Name: 'a', Text: 'x' });
    assert.equal(answer.status, 400);
    assert.deepEqual(JSON.parse(answer.body), {
      __type: 'ThrottlingException',
      message:
        'You have exceeded the rate at which you may change this resource. Reduce the frequency of your calls.',
    });
    assert.equal(server.notes.runs, 10);
    assert.deepEqual(
      (await server.events()).map(({ errorCode }) => errorCode),
      ['ThrottlingException'],
    );
    const lines = server.logged.filter((line) => !line.includes('"level":"debug"'));
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).message),
      ['a call met other changes too often'],
    );
    assert.ok(!lines.some((line) => line.includes('stack')));
    server.notes.conflicts = 0;
    assert.equal((await server.call('PutNote', { Name: 'a', Text: 'x' })).status, 200);
  });

  test('changes of one row at one time all succeed, one after the other', async () => {
    const calls = Array.from({ length: 60 }, (_, i) => server.call('PutNote', { Name: 'a', Text: `${i}` }));
    for (const { status, body } of await Promise.all(calls)) assert.equal(status, 200, body);
    assert.equal((await server.world.rows.get('setting', 'a'))?.version, 60);
    // Once to find that others are before it, once alone.
    assert.ok(server.notes.runs < 2 * 60, `${server.notes.runs} runs`);
    assert.equal((await server.events()).length, 60);
  });

  test('changes of another row do not wait for them', async () => {
    const open = blockCommits('a');
    const blocked = server.call('PutNote', { Name: 'a', Text: 'x' });
    const behind = server.call('PutNote', { Name: 'a', Text: 'y' });
    while (server.notes.runs < 2) await new Promise(setImmediate);
    assert.equal((await server.call('PutNote', { Name: 'b', Text: 'x' })).status, 200);
    assert.equal((await server.call('GetNote', { Name: 'a' })).status, 400);
    open();
    for (const { status } of await Promise.all([blocked, behind])) assert.equal(status, 200);
  });

  test('more than a thousand who wait for one row are told to slow down', async () => {
    const open = blockCommits('a');
    const input = { Name: 'a', Text: 'x' };
    const put = () =>
      server.pipeline.invoke({ bound: bound(server, 'PutNote'), caller: asUser, region, input });
    const waiting = Array.from({ length: 1001 }, put);
    while (server.notes.runs < 1001) await new Promise(setImmediate);
    await assert.rejects(put(), { code: 'ThrottlingException' });
    open();
    await Promise.all(waiting);
    assert.equal((await server.world.rows.get('setting', 'a'))?.version, 1001);
  });

  /** Commits of the note wait until the function returned is called. */
  function blockCommits(id: string): () => void {
    const { rows } = server.world;
    const commit = rows.commit.bind(rows);
    const gate = Promise.withResolvers<void>();
    rows.commit = async (change) => {
      if (change.put?.some((row) => row.id === id)) await gate.promise;
      return commit(change);
    };
    return gate.resolve;
  }

  test('what was committed is journalled as it took effect, though the call failed after it', async () => {
    assert.equal((await server.call('PutAndFail', { Name: 'a' })).status, 500);
    const events = await server.events();
    assert.deepEqual(
      events.map(({ name, errorCode }) => [name, errorCode]),
      [['PutAndFail', undefined]],
    );
    assert.equal(server.dropped.length, 1);
  });

  test('without a journal nothing succeeds, and health says so until it is back', async () => {
    server.journal.broken = true;
    const change = await server.call('PutNote', { Name: 'a', Text: 'x' });
    assert.deepEqual([change.status, JSON.parse(change.body).__type], [500, 'InternalFailure']);
    assert.deepEqual(server.dropped, []);
    assert.equal((await server.call('GetNote', { Name: 'a' })).status, 500);
    const health = await server.send('GET', '/healthz', {});
    assert.equal(health.status, 503);
    assert.equal(health.body, '{"status":"unready","reason":"the journal cannot be written"}');
    server.journal.broken = false;
    assert.equal((await server.call('GetNote', { Name: 'a' })).status, 200);
    assert.equal((await server.send('GET', '/healthz', {})).status, 200);
  });

  test('health says that the journal is back without a call, once it takes anything', async () => {
    assert.equal((await server.call('PutNote', { Name: 'a', Text: 'x' })).status, 200);
    server.journal.broken = true;
    for (let i = 0; i < 2; i += 1) assert.equal((await server.call('GetNote', { Name: 'a' })).status, 500);
    assert.equal((await server.send('GET', '/healthz', {})).status, 503);
    for await (const event of server.journal.read(0)) {
      await server.journal.inner.append(event);
      break;
    }
    assert.equal((await server.send('GET', '/healthz', {})).status, 200);
  });
});

describe('callers other than users', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(() => server.close());

  test('a service calls as a user: the same checks, the same journal', async () => {
    const { pipeline } = server;
    await pipeline.invoke({
      bound: bound(server, 'PutNote'),
      caller: asUser,
      region,
      input: { Name: 'a', Text: 'x' },
    });
    const found = await pipeline.invoke({
      bound: bound(server, 'GetNote'),
      caller: asUser,
      region,
      input: { Name: 'a' },
    });
    assert.deepEqual(found, { Text: 'x', Made: 1_700_000_000_250 });
    await assert.rejects(
      pipeline.invoke({ bound: bound(server, 'GetNote'), caller: asUser, region, input: { Name: '' } }),
      { code: 'ValidationException' },
    );
    await assert.rejects(
      pipeline.invoke({
        bound: bound(server, 'GetNote'),
        caller: asUser,
        region,
        input: { Name: 'a', Account: OTHER_ACCOUNT },
      }),
      { code: 'AccessDeniedException' },
    );
    const events = await server.events();
    assert.deepEqual(
      events.map(({ name, errorCode }) => [name, errorCode]),
      [
        ['PutNote', undefined],
        ['GetNote', undefined],
        ['GetNote', 'ValidationException'],
        ['GetNote', 'AccessDeniedException'],
      ],
    );
    assert.equal(events[0]?.more?.userIdentity.invokedBy, 's3.amazonaws.com');
    assert.equal(events[0]?.more?.sourceIPAddress, 's3.amazonaws.com');
  });

  test("the operator's socket vouches for its caller", async () => {
    const answer = await server.operate('PutNote', { Name: 'a', Text: 'x' });
    assert.equal(answer.status, 200);
    const missing = await server.operate('GetNote', { Name: 'b' });
    assert.deepEqual(
      [missing.status, missing.body],
      [400, '{"code":"NotFoundException","message":"There is no note b."}'],
    );
    const unknown = await server.operate('Nothing', {});
    assert.equal(
      unknown.body,
      '{"code":"UnknownOperationException","message":"There is no operation Nothing."}',
    );
    const [event] = await server.events();
    assert.equal(event?.type, 'LockholmEvent');
    assert.equal(event?.more?.userIdentity.arn, 'operator:1000');
  });

  test('operators use the service of operators, and nobody else does', async () => {
    const operator = { type: 'Operator', account, arn: 'operator:1', principalId: 'operator:1' } as const;
    await assert.rejects(
      server.pipeline.invoke({
        bound: bound(server, 'GetNote'),
        caller: operator,
        region,
        input: { Name: 'a' },
      }),
      { code: 'AccessDeniedException' },
    );
    const operatorBound = bindOperations(server.notes.service('operator')).find(
      ({ operation }) => operation.name === 'GetNote',
    );
    assert.ok(operatorBound);
    await assert.rejects(
      server.pipeline.invoke({ bound: operatorBound, caller: asUser, region, input: { Name: 'a' } }),
      { code: 'AccessDeniedException' },
    );
  });
});
