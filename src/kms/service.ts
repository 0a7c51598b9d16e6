/**
 * Joins the service model, the operation table and the parts of KMS into the service that the request pipeline
 * drives. Refuses to start when model and table disagree.
 */
import type { Call, Operation, Resolution, Service } from '../core/call.ts';
import type { Json } from '../core/json.ts';
import { operations as model } from '../core/shapes/kms.ts';
import type { OperationModel } from '../core/shapes/operation-model.ts';
import { unsupported } from './errors.ts';
import type { AccountRow, CustomRow, KeyRow, OperationRow, StoreRow } from './handler.ts';
import { arnOf } from './key.ts';
import type { Kms, KmsCall } from './kms.ts';
import { operationTable } from './operation-table.ts';
import { requestParameters } from './request-parameters.ts';
import { type FoundKey, findKey, keyTarget, requireFound } from './rules/find-key.ts';
import { requireOrigin } from './rules/key-origins.ts';
import { requireState } from './rules/key-states.ts';
import { requireManagedKeyAccess } from './rules/managed-keys.ts';

type Input = Readonly<Record<string, Json>>;

export function kmsService(kms: Kms): Service {
  const models = Object.entries<OperationModel>(model);
  for (const name of Object.keys(operationTable))
    if (!Object.hasOwn(model, name))
      throw new Error(`operation ${name} is in the table but not in the model`);
  const operations = models.map(([name, shapes]): [string, Operation] => {
    const row = operationTable[name];
    return [name, row === undefined ? notBuilt(shapes) : build(shapes, row, kms)];
  });
  return { name: 'kms', eventSource: 'kms.amazonaws.com', operations: new Map(operations) };
}

/** Valid operations of AWS KMS whose part is not built: refused by name, after authentication and validation. */
function notBuilt({ name, input, output }: OperationModel): Operation {
  const refusal = () => unsupported(`${name} is not supported yet.`);
  return {
    name,
    input,
    output,
    readOnly: false,
    resolve: () => {
      throw refusal();
    },
    run: () => {
      throw refusal();
    },
    audit: () => null,
  };
}

function build({ name, input, output }: OperationModel, row: OperationRow, kms: Kms): Operation {
  for (const member of [...row.audit, ...(row.unsupported ?? []), ...(row.kind === 'key' ? [row.key] : [])])
    if (!Object.hasOwn(input.members, member))
      throw new Error(`operation ${name} names member ${member}, which its input shape lacks`);
  const wire = { name, input, output, readOnly: row.readOnly, audit: requestParameters(input, row.audit) };
  const refuse = refusalOf(row.unsupported ?? []);
  switch (row.kind) {
    case 'key':
      return { ...wire, ...keyOperation(row, refuse, kms) } as Operation;
    case 'account':
      return { ...wire, ...accountOperation(row, refuse, kms) } as Operation;
    case 'store':
      return { ...wire, ...storeOperation(row, refuse, kms) } as Operation;
    case 'custom':
      return { ...wire, ...customOperation(row, refuse, kms) } as Operation;
  }
}

type Refuse = (input: Input) => void;
type Behaviour<Resolved> = Pick<Operation<Input, unknown, Resolved>, 'resolve' | 'run'>;

function keyOperation(row: KeyRow<Input, unknown>, refuse: Refuse, kms: Kms): Behaviour<FoundKey> {
  const resolution = (found: FoundKey, call: KmsCall): Resolution<FoundKey> => {
    noteResource(found, call);
    return { resolved: found, targets: [keyTarget(found, row.action)] };
  };
  return {
    resolve(input, call) {
      const found = findKey(input[row.key] as string, row.forms, call as KmsCall, kms);
      if (found instanceof Promise) return found.then((later) => resolution(later, call as KmsCall));
      return resolution(found, call as KmsCall);
    },
    run(input, call, found) {
      const key = requireFound(found);
      refuse(input);
      requireManagedKeyAccess(key.value, row.action, call.caller);
      requireOrigin(key.value, row.origins);
      requireState(key, row.state, call.time);
      if (!row.readOnly) call.record.responseElements = { keyId: arnOf(key.value) };
      return row.run(input, call as KmsCall, key, kms);
    },
  };
}

/** The journal names the key by ARN, however the caller named it. */
function noteResource({ key }: FoundKey, call: Pick<Call, 'record'>): void {
  if (key !== undefined) call.record.resources.push(arnOf(key.value));
}

function accountOperation(row: AccountRow<Input, unknown>, refuse: Refuse, kms: Kms): Behaviour<null> {
  return {
    resolve: (_input, call) => ({
      resolved: null,
      targets: [{ action: row.action, resource: '*', account: call.account }],
    }),
    run(input, call) {
      refuse(input);
      return row.run(input, call as KmsCall, kms);
    },
  };
}

/** The event names the store by what people know it by: CloudTrail's additionalEventData. */
function storeOperation(row: StoreRow<Input, unknown>, refuse: Refuse, kms: Kms): Behaviour<null> {
  return {
    resolve: (_input, call) => ({
      resolved: null,
      targets: [{ action: row.action, resource: '*', account: call.account }],
    }),
    async run(input, call) {
      refuse(input);
      const store = await kms.keyStores.require(call, String(input.CustomKeyStoreId));
      const { name: customKeyStoreName, clusterId } = store.value;
      call.record.additionalEventData = { customKeyStoreName, clusterId };
      return row.run(input, call as KmsCall, store, kms);
    },
  };
}

function customOperation(
  row: CustomRow<Input, unknown, unknown>,
  refuse: Refuse,
  kms: Kms,
): Behaviour<unknown> {
  return {
    async resolve(input, call) {
      const found = await row.find(input, call as KmsCall, kms);
      const targets = row.targets(found, call as KmsCall);
      for (const { resource } of targets) if (resource !== '*') call.record.resources.push(resource);
      return { resolved: found, targets };
    },
    run(input, call, found) {
      refuse(input);
      return row.run(input, call as KmsCall, found, kms);
    },
  };
}

function refusalOf(members: readonly string[]): Refuse {
  return (input) => {
    for (const member of members)
      if (input[member] !== undefined) throw unsupported(`The parameter ${member} is not supported yet.`);
  };
}
