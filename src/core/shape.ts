/**
 * Shapes of the AWS service models, as data: what the generated files under `core/shapes/` hold
 * and what `wire/` decodes, validates and encodes by.
 */
export type Shape =
  | StringShape
  | BlobShape
  | NumberShape
  | { readonly type: 'boolean' }
  | { readonly type: 'timestamp' }
  | ListShape
  | MapShape
  | StructureShape;

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}
export interface StringShape extends Bounds {
  readonly type: 'string';
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly sensitive?: boolean;
}
export interface BlobShape extends Bounds {
  readonly type: 'blob';
  readonly sensitive?: boolean;
}
export interface NumberShape extends Bounds {
  readonly type: 'integer' | 'long';
}
export interface ListShape extends Bounds {
  readonly type: 'list';
  readonly member: Shape;
}
export interface MapShape extends Bounds {
  readonly type: 'map';
  readonly key: Shape;
  readonly value: Shape;
}
export interface StructureShape {
  readonly type: 'structure';
  /** In the model's order, which is the order of validation errors. */
  readonly members: Readonly<Record<string, Shape>>;
  readonly required: readonly string[];
}
