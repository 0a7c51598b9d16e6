/** The rows of the operator's service: what the staff of whoever runs Lockholm can do to it over its socket. */
import type { Call, Operation } from '../core/call.ts';
import { type AccountId, must, parseAccountId } from '../core/ids.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Shape, StructureShape } from '../core/shape.ts';
import { OPERATOR_SERVICE } from '../identity/authorizer.ts';
import type { RowsChange } from '../store/rows-contract.ts';

/** Under which the journal lists the operator's acts. No tenant can have it. */
export const OPERATOR_ACCOUNT: AccountId = must(parseAccountId('999999999999'), 'account');

export type OperatorCall = Call<RowsChange>;

interface Row<Input, Output> {
  readonly name: string;
  readonly input: StructureShape;
  readonly output: StructureShape;
  readonly readOnly: boolean;
  /** Input members that the journal shows. Never a secret. */
  readonly audit: readonly (keyof Input & string)[];
  run(input: Input, call: OperatorCall): Promise<Output> | Output;
}

/** Rows are typed where they are written and uniform in the service. */
export function operatorOperation<Input, Output>(row: Row<Input, Output>): Operation {
  const { name, input, output, readOnly } = row;
  const operation: Operation<Input, Output, null, RowsChange> = {
    name,
    input,
    output,
    readOnly,
    resolve: (_, { account }) => ({
      resolved: null,
      targets: [{ action: `${OPERATOR_SERVICE}:${name}`, resource: '*', account }],
    }),
    run: (given, call) => row.run(given, call),
    audit: (given) => shownMembers(given as JsonObject, row.audit),
  };
  return operation as unknown as Operation;
}

function shownMembers(input: JsonObject, members: readonly string[]): JsonObject {
  const shown: Record<string, Json> = {};
  for (const member of members) {
    const value = input[member];
    if (value !== undefined) shown[member.charAt(0).toLowerCase() + member.slice(1)] = value;
  }
  return shown;
}

/** A structure of members of which all but `optional` are required. */
export const structure = (
  members: Readonly<Record<string, Shape>>,
  optional: readonly string[] = [],
): StructureShape => ({
  type: 'structure',
  members,
  required: Object.keys(members).filter((name) => !optional.includes(name)),
});
export const text = { type: 'string' } as const;
export const count = { type: 'long' } as const;
export const flag = { type: 'boolean' } as const;
export const listOf = (member: Shape): Shape => ({ type: 'list', member });
export const accountId = { type: 'string', pattern: '[0-9]{12}' } as const;
export const accessKeyId = { type: 'string', pattern: '[A-Z0-9]{16,128}' } as const;

/** Times are ISO 8601 in what operators read. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();
