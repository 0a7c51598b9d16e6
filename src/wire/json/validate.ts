/**
 * The constraints of the service models over decoded values, compiled from a shape once. All that fails is told
 * in one ValidationException, in the model's order, as AWS does:
 * "2 validation errors detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null; ...".
 */
import { type ServiceError, validation } from '../../core/errors.ts';
import type { ListShape, MapShape, Shape, StructureShape } from '../../core/shape.ts';
import { type Constraint, constraintsOf } from './constraints.ts';
import { javaText, withoutValue } from './java-text.ts';

/** AWS stops counting here. */
const MAX_ERRORS = 10;

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown, path: string, errors: string[]) => void;

/** Throws the ValidationException when the value does not satisfy its shape. */
export function compileValidator(shape: StructureShape): (value: Fields) => void {
  const check = structureCheck(shape);
  return (value) => {
    const errors: string[] = [];
    check(value, '', errors);
    if (errors.length > 0) throw aggregated(errors);
  };
}

function aggregated(errors: readonly string[]): ServiceError {
  const told = errors.slice(0, MAX_ERRORS);
  const plural = told.length === 1 ? 'error' : 'errors';
  return validation(`${told.length} validation ${plural} detected: ${told.join('; ')}`);
}

/** undefined where nothing can fail, so that the compiled check does not visit it. */
function compile(shape: Shape): Check | undefined {
  switch (shape.type) {
    case 'structure':
      return structureCheck(shape);
    case 'list':
      return listCheck(shape);
    case 'map':
      return mapCheck(shape);
    default:
      return ownCheck(shape);
  }
}

function ownCheck(shape: Shape): Check | undefined {
  const constraints = constraintsOf(shape);
  if (constraints.length === 0) return undefined;
  return (value, path, errors) => {
    for (const constraint of constraints) {
      if (!constraint.holds(value)) errors.push(failure(shape, value, path, constraint.text));
    }
  };
}

function structureCheck(shape: StructureShape): Check {
  const members = Object.entries(shape.members).map(([name, member]) => ({
    name,
    step: (name[0] ?? '').toLowerCase() + name.slice(1),
    required: shape.required.includes(name),
    check: compile(member),
  }));
  const checked = members.filter((member) => member.required || member.check !== undefined);
  return (value, path, errors) => {
    for (const { name, step, required, check } of checked) {
      const member = (value as Fields)[name];
      if (member === undefined) {
        if (required) errors.push(missing(path === '' ? step : `${path}.${step}`));
      } else check?.(member, path === '' ? step : `${path}.${step}`, errors);
    }
  };
}

function listCheck(shape: ListShape): Check {
  const own = ownCheck(shape);
  const nested = isNested(shape.member) ? compile(shape.member) : undefined;
  const each = isNested(shape.member) ? [] : constraintsOf(shape.member);
  return (value, path, errors) => {
    const items = value as readonly unknown[];
    own?.(items, path, errors);
    const broken = brokenBy(items, each);
    if (broken !== undefined) errors.push(failure(shape, items, path, `Member must satisfy ${broken}`));
    for (let i = 0; i < items.length && errors.length < MAX_ERRORS; i++) {
      if (items[i] !== null) nested?.(items[i], `${path}.${i + 1}.member`, errors);
    }
  };
}

function mapCheck(shape: MapShape): Check {
  const own = ownCheck(shape);
  const keyConstraints = constraintsOf(shape.key);
  const nested = isNested(shape.value) ? compile(shape.value) : undefined;
  const each = isNested(shape.value) ? [] : constraintsOf(shape.value);
  return (value, path, errors) => {
    const map = value as Fields;
    const keys = Object.keys(map);
    own?.(map, path, errors);
    const brokenKeys = keyConstraints.length === 0 ? undefined : brokenBy(keys, keyConstraints);
    if (brokenKeys !== undefined)
      errors.push(failure(shape, map, path, `Map keys must satisfy ${brokenKeys}`));
    const broken = brokenBy(
      keys.map((key) => map[key]),
      each,
    );
    if (broken !== undefined) errors.push(failure(shape, map, path, `Map value must satisfy ${broken}`));
    if (nested === undefined) return;
    for (const key of keys) {
      if (errors.length >= MAX_ERRORS) return;
      if (map[key] !== null) nested(map[key], `${path}.${key}.member`, errors);
    }
  };
}

/** What AWS says of members without a path of their own: it lists all their constraints when one is broken. */
function brokenBy(values: readonly unknown[], constraints: readonly Constraint[]): string | undefined {
  for (const value of values) {
    if (value === null) return 'constraint: [Member must not be null]';
    for (const constraint of constraints) {
      if (!constraint.holds(value)) return `constraint: [${constraints.map(({ text }) => text).join(', ')}]`;
    }
  }
  return undefined;
}

/** Members that have a path of their own; what fails in others is told of their list or map. */
const isNested = (shape: Shape): boolean =>
  shape.type === 'structure' || shape.type === 'list' || shape.type === 'map';

const missing = (path: string): string =>
  `Value null at '${path}' failed to satisfy constraint: Member must not be null`;

function failure(shape: Shape, value: unknown, path: string, constraint: string): string {
  const shown = withoutValue(shape) ? '' : ` '${javaText(value)}'`;
  return `Value${shown} at '${path}' failed to satisfy constraint: ${constraint}`;
}
