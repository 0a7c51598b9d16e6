import type { StructureShape } from '../shape.ts';

/** One operation of a service model, as the generated files list it. */
export interface OperationModel {
  readonly name: string;
  readonly input: StructureShape;
  /** null where the model has no output shape: the reply is 200 with an empty body. */
  readonly output: StructureShape | null;
  /** The errors that the model lists; any operation may also fail with those common to all. */
  readonly errors: readonly string[];
}
