/**
 * How many bytes the JSON of an operation's input may have: what the model allows at its longest spelling
 * (each UTF-16 unit escaped as six characters), so that no valid request is refused for its size.
 */
import type { Shape } from '../../core/shape.ts';

/** For a member that the model leaves unbounded, such as an encryption context. */
const UNBOUNDED = 64 * 1024;
const ESCAPED_UNIT = 6;
/** Quotes, colon, comma and some white space around a value. */
const PUNCTUATION = 16;
/** For members that we do not know and ignore. */
const SLACK = 16 * 1024;

export const jsonBodyLimit = (shape: Shape): number => longest(shape) + SLACK;

function longest(shape: Shape): number {
  switch (shape.type) {
    case 'string':
      return stringLength(shape.max, shape.enum) * ESCAPED_UNIT;
    case 'blob':
      return shape.max === undefined ? UNBOUNDED : Math.ceil(shape.max / 3) * 4;
    case 'list':
      return shape.max === undefined ? UNBOUNDED : shape.max * (longest(shape.member) + PUNCTUATION);
    case 'map':
      return shape.max === undefined ? UNBOUNDED : shape.max * (longest(shape.key) + longest(shape.value));
    case 'structure':
      return Object.entries(shape.members).reduce(
        (sum, [name, member]) => sum + name.length + PUNCTUATION + longest(member),
        0,
      );
    default:
      return PUNCTUATION;
  }
}

const stringLength = (max: number | undefined, values: readonly string[] | undefined): number =>
  max ?? (values === undefined ? UNBOUNDED / ESCAPED_UNIT : Math.max(...values.map((value) => value.length)));
