/**
 * The stock Python clients that tests run (boto3, the `aws` command, the AWS Encryption SDK), in test/.cache/venv.
 * Installed again only when test/requirements.txt changes.
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inRoot, main } from './project.mjs';
import { ensureVenv } from './python-venv.mjs';

const clients = inRoot('test', '.cache', 'venv');

export const ensureTestClients = () =>
  ensureVenv(clients, inRoot('test', 'requirements.txt'), replaceAwsScript);

/** pip writes the clone's path into the first line of `aws`, which fails where the path has a space or is long. */
const replaceAwsScript = () => {
  const script = '#!/bin/sh\nexec "$(dirname "$0")/python" -m awscli "$@"\n';
  writeFileSync(`${clients}/bin/aws`, script, { mode: 0o755 });
};

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main(ensureTestClients);
