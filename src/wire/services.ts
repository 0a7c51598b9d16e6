import type { Operation, Service } from '../core/call.ts';
import type { RowsChange } from '../store/rows-contract.ts';
import { type FaultNames, faultNames } from './errors.ts';
import { compileValidator } from './json/validate.ts';

/** The members of an input or output. */
export type Fields = Readonly<Record<string, unknown>>;

/** An operation with what its service and shape add for every protocol. */
export interface BoundOperation {
  readonly service: Service;
  readonly operation: Operation<unknown, unknown, unknown, RowsChange>;
  readonly faults: FaultNames;
  /** Throws ValidationException. */
  validate(input: Fields): void;
}

export const bindOperations = (service: Service): readonly BoundOperation[] =>
  [...service.operations].map(([name, operation]) => {
    if (name !== operation.name) throw new TypeError(`operation ${operation.name} is listed as ${name}`);
    return {
      service,
      operation,
      faults: faultNames(service.name),
      validate: compileValidator(operation.input),
    };
  });
