/** What is measured of a server that speaks the KMS API. */
import { measureTurn, spanOf } from '../measure.ts';
import type { Target } from '../requests.ts';
import type { Workbench } from '../workbench.ts';
import { type KmsOperation, kmsOperations, signedRequests, type Workload } from '../workload.ts';
import type { Subject, Trial } from './group.ts';

export interface KmsSubject {
  readonly name: string;
  readonly pid: number;
  readonly target: Target;
  readonly workload: Workload;
}

const subjectOf = (
  { name, pid, target, workload }: KmsSubject,
  operation: KmsOperation,
  connections: number,
): Subject => ({
  name,
  async turn(seconds) {
    const requests = await signedRequests(target, operation, workload);
    const plan = {
      ...spanOf(seconds),
      host: '127.0.0.1',
      port: target.port,
      connections,
      requests: requests.map((request) => ({ bytes: request.toString('base64') })),
    };
    return measureTurn('load.ts', plan, { server: pid });
  },
});

export const kmsTrials = (subjects: readonly KmsSubject[], { options }: Workbench): readonly Trial[] =>
  kmsOperations
    .filter((operation) => options.operations.includes(operation))
    .flatMap((operation) =>
      options.connections.map((connections) => ({
        operation,
        connections,
        subjects: subjects.map((subject) => subjectOf(subject, operation, connections)),
      })),
    );
