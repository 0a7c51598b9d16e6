/**
 * The constraints of one shape's own value, in AWS's words. Each has a test and a text; the texts of a list's
 * or map's members are listed together with the list ("Member must satisfy constraint: [...]").
 */
import type { Shape } from '../../core/shape.ts';

export interface Constraint {
  readonly text: string;
  holds(value: unknown): boolean;
}

interface Sized {
  readonly length: number;
}
const sizeOf = (value: unknown): number =>
  typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array
    ? (value as Sized).length
    : Object.keys(value as object).length;

/** Length counts UTF-16 units, as Java does. */
const length = (min: number | undefined, max: number | undefined): Constraint[] => {
  const out: Constraint[] = [];
  if (max !== undefined) {
    out.push({
      text: `Member must have length less than or equal to ${max}`,
      holds: (value) => sizeOf(value) <= max,
    });
  }
  if (min !== undefined) {
    out.push({
      text: `Member must have length greater than or equal to ${min}`,
      holds: (value) => sizeOf(value) >= min,
    });
  }
  return out;
};

const range = (min: number | undefined, max: number | undefined): Constraint[] => {
  const out: Constraint[] = [];
  if (max !== undefined) {
    out.push({
      text: `Member must have value less than or equal to ${max}`,
      holds: (value) => (value as number) <= max,
    });
  }
  if (min !== undefined) {
    out.push({
      text: `Member must have value greater than or equal to ${min}`,
      holds: (value) => (value as number) >= min,
    });
  }
  return out;
};

function pattern(source: string): Constraint {
  // The models' patterns match the whole value, anchored or not.
  // Classes of Unicode are known with `u` alone, under which some escapes of other patterns are none.
  const form = new RegExp(`^(?:${source})$`, source.includes('\\p{') ? 'u' : '');
  return {
    text: `Member must satisfy regular expression pattern: ${source}`,
    holds: (value) => form.test(value as string),
  };
}

function enumeration(values: readonly string[]): Constraint {
  const known = new Set(values);
  return {
    text: `Member must satisfy enum value set: [${values.join(', ')}]`,
    holds: (value) => known.has(value as string),
  };
}

export function constraintsOf(shape: Shape): readonly Constraint[] {
  switch (shape.type) {
    case 'string':
      return [
        ...length(shape.min, shape.max),
        ...(shape.pattern === undefined ? [] : [pattern(shape.pattern)]),
        ...(shape.enum === undefined ? [] : [enumeration(shape.enum)]),
      ];
    case 'integer':
    case 'long':
      return range(shape.min, shape.max);
    case 'blob':
    case 'list':
    case 'map':
      return length(shape.min, shape.max);
    case 'boolean':
    case 'timestamp':
    case 'structure':
      return [];
  }
}
