/**
 * Joins the service model, the operation table and the parts of CloudHSM into the service that the request pipeline
 * drives. Refuses to start when model and table disagree.
 */
import type { Operation, Service } from '../core/call.ts';
import type { Json } from '../core/json.ts';
import { operations as model } from '../core/shapes/cloudhsmv2.ts';
import type { OperationModel } from '../core/shapes/operation-model.ts';
import { requestParameters } from '../kms/request-parameters.ts';
import type { RowsChange } from '../store/rows-contract.ts';
import type { CloudHsm, CloudHsmCall } from './cloudhsm.ts';
import { notSupported } from './errors.ts';
import type { OperationRow, Tagged } from './handler.ts';
import { backupArn, clusterArn } from './ids.ts';
import { operationTable } from './operation-table.ts';

type Input = Readonly<Record<string, Json>>;
type Built<Resolved> = Operation<Input, unknown, Resolved, RowsChange>;

export function cloudHsmService(parts: CloudHsm): Service {
  for (const name of Object.keys(operationTable))
    if (!Object.hasOwn(model, name))
      throw new Error(`operation ${name} is in the table but not in the model`);
  const operations = Object.entries<OperationModel>(model).map(([name, shapes]): [string, Operation] => {
    const row = operationTable[name];
    return [name, (row === undefined ? notBuilt(shapes) : build(shapes, row, parts)) as Operation];
  });
  return { name: 'cloudhsm', eventSource: 'cloudhsm.amazonaws.com', operations: new Map(operations) };
}

/** Operations of AWS CloudHSM that are not built: refused by name, after authentication and validation. */
function notBuilt({ name, input, output }: OperationModel): Operation {
  const refuse = (): never => {
    throw notSupported(name);
  };
  return { name, input, output, readOnly: false, resolve: refuse, run: refuse, audit: () => null };
}

function build({ name, input, output }: OperationModel, row: OperationRow, parts: CloudHsm) {
  for (const member of row.audit)
    if (!Object.hasOwn(input.members, member))
      throw new Error(`operation ${name} names member ${member}, which its input shape lacks`);
  const { action, readOnly } = row;
  const wire = { name, input, output, readOnly, audit: requestParameters(input, row.audit) };
  const on = <Resolved>(
    find: (input: Input, call: CloudHsmCall) => Promise<Found<Resolved>>,
    run: Built<Resolved>['run'],
  ): Built<Resolved> => ({
    ...wire,
    async resolve(given, call) {
      const { resolved, resource } = await find(given, call);
      if (resource !== '*') call.record.resources.push(resource);
      return { resolved, targets: [{ action, resource, account: call.account }] };
    },
    run,
  });
  switch (row.kind) {
    case 'account':
      return on(
        async () => ({ resolved: null, resource: '*' }),
        (given, call) => row.run(given, call, parts),
      );
    case 'cluster':
      return on(
        (given, call) => findCluster(String(given.ClusterId), call, parts),
        (given, call, cluster) => row.run(given, call, cluster, parts),
      );
    case 'backup':
      return on(
        (given, call) => findBackup(String(given.BackupId), call, parts),
        (given, call, backup) => row.run(given, call, backup, parts),
      );
    case 'tags':
      return on(
        (given, call) => findTagged(String(given.ResourceId), call, parts),
        (given, call, resource) => row.run(given, call, resource, parts),
      );
  }
}

interface Found<Resolved> {
  readonly resolved: Resolved;
  /** Its ARN. */
  readonly resource: string;
}

/** Other accounts' resources are as if they were not there, as on AWS. */
async function findCluster(id: string, call: CloudHsmCall, { clusters }: CloudHsm) {
  return { resolved: await clusters.require(call, id), resource: clusterArn(call, id) };
}

async function findBackup(id: string, call: CloudHsmCall, { backups }: CloudHsm) {
  return { resolved: await backups.require(call, id), resource: backupArn(call, id) };
}

async function findTagged(id: string, call: CloudHsmCall, parts: CloudHsm): Promise<Found<Tagged>> {
  if (id.startsWith('cluster-')) {
    const { resolved, resource } = await findCluster(id, call, parts);
    return { resolved: { kind: 'cluster', stored: resolved }, resource };
  }
  const { resolved, resource } = await findBackup(id, call, parts);
  return { resolved: { kind: 'backup', stored: resolved }, resource };
}
