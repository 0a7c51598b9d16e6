import { after, before, test } from 'node:test';
import { startServer, type TestServer } from '../support/server.ts';
import { runPythonSuite } from './python-suite.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

test('an HSM cluster with boto3', () => runPythonSuite('cloudhsm_life', server, 2));
