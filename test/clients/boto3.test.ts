import { after, before, test } from 'node:test';
import { startServer, type TestServer } from '../support/server.ts';
import { runPythonSuite } from './python-suite.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

test('boto3 does the whole life of a key', () => runPythonSuite('boto3_life', server, 18));
