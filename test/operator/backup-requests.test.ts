import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Call } from '../../src/core/call.ts';
import { createBackup } from '../../src/operator/operations/create-backup.ts';
import type { RowsChange } from '../../src/store/rows-contract.ts';
import { backUp, eventually, type LoneNode, startLoneNode } from './node.ts';

describe('backups that are asked for', () => {
  let here: LoneNode;
  beforeEach(async () => {
    here = await startLoneNode();
  });
  afterEach(() => here.stop());

  it('are written one at a time: of two that are asked for at once, one is refused and leaves no record', async () => {
    const { node, path } = here;
    const operation = createBackup(node);
    const commit = (change: RowsChange): Promise<unknown> => node.rows.commit(change);
    const ask = async (name: string): Promise<unknown> =>
      operation.run({ Path: path(name) }, { record: {}, commit } as unknown as Call<unknown>, null);
    const outcomes = await Promise.allSettled([ask('one'), ask('two'), ask('three')]);
    const refused = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason.code] : [],
    );
    assert.deepEqual(refused, ['BackupInProgressException', 'BackupInProgressException']);
    await eventually(() => !node.backups.busy);
    const records = (await node.rows.scan<{ status: string }>('backup', '', { limit: 9 })).map(
      ({ value }) => value,
    );
    assert.deepEqual(
      records.map(({ status }) => status),
      ['Complete'],
    );
    await assert.rejects(ask('no/where'), /make that folder first/);
    assert.equal((await backUp(node, path('after'))).status, 'Complete');
  });

  it('fail clearly where no folder can be made', {
    skip: process.platform !== 'linux' && 'needs /proc',
    timeout: 30_000,
  }, async () => {
    const { status, failure } = await backUp(here.node, '/proc/lockholm-backup');
    assert.equal(status, 'Failed');
    assert.match(
      failure ?? '',
      /^folder \/proc\/lockholm-backup\S+ cannot be made \(ENOENT\): choose a place/,
    );
  });
});
