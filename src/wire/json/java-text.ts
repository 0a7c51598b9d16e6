/** How AWS shows a member's value inside a validation error: as Java prints it. */
import type { Shape } from '../../core/shape.ts';

/** True for a shape that is, or holds, a blob or what the model marks as sensitive: AWS names it without value. */
export function withoutValue(shape: Shape): boolean {
  switch (shape.type) {
    case 'blob':
      return true;
    case 'string':
      return shape.sensitive === true;
    case 'list':
      return withoutValue(shape.member);
    case 'map':
      return withoutValue(shape.key) || withoutValue(shape.value);
    case 'structure':
      return Object.values(shape.members).some(withoutValue);
    default:
      return false;
  }
}

export function javaText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(([key, item]) => `${key}=${javaText(item)}`);
  return `{${entries.join(', ')}}`;
}
