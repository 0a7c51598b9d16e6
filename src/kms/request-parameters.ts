/**
 * The request parameters that the journal shows, as CloudTrail writes them: members of structures with a small first
 * letter, at any depth; what a map holds stays as its user wrote it. AWS KMS Developer Guide, "TagResource" and
 * "Encrypt" under "Examples of AWS KMS log entries".
 */
import type { Json, JsonObject } from '../core/json.ts';
import type { Shape, StructureShape } from '../core/shape.ts';

type Input = Readonly<Record<string, Json>>;

const small = (member: string): string => (member[0] ?? '').toLowerCase() + member.slice(1);

/** Of the members named, which the shape has. */
export function requestParameters(
  { members }: StructureShape,
  names: readonly string[],
): (input: Input) => JsonObject {
  // In the order of canonical JSON, which is then written without sorting.
  const shown = names.map((name) => [name, small(name), writer(members[name])] as const).sort(byParameter);
  return (input) => {
    const parameters: Record<string, Json> = {};
    for (const [name, parameter, write] of shown) {
      const value = input[name];
      if (value !== undefined) parameters[parameter] = write(value);
    }
    return parameters;
  };
}

const byParameter = (
  [, a]: readonly [string, string, Write],
  [, b]: readonly [string, string, Write],
): number => (a < b ? -1 : 1);

type Write = (value: Json) => Json;
const asItIs: Write = (value) => value;

function writer(shape: Shape | undefined): Write {
  if (shape?.type === 'list') {
    const write = writer(shape.member);
    return write === asItIs ? asItIs : (items) => (items as readonly Json[]).map(write);
  }
  return shape?.type === 'structure' ? structureWriter(shape) : asItIs;
}

function structureWriter(shape: StructureShape): Write {
  const write = requestParameters(shape, Object.keys(shape.members));
  return (value) => write(value as Input);
}
