/** What the benchmark tells its load processes, and hears from them, over IPC. */

/** Milliseconds. */
export interface Span {
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** load.ts: HTTP. */
export interface LoadPlan extends Span {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  /** Sent in turn. */
  readonly requests: readonly LoadRequest[];
}

export interface LoadRequest {
  /** In base64: the whole request, or all but `bodyBytes` that the load makes up. */
  readonly bytes: string;
  readonly bodyBytes?: number;
  /** Bytes that the body of a right answer has. */
  readonly answerBytes?: number;
}

/** What both of hsm-load.ts and softhsm-load.ts do. */
export interface CipherWork extends Span {
  readonly operation: 'Encrypt' | 'Decrypt';
  readonly plaintextBytes: number;
}

/** hsm-load.ts: an HSM, over one connection. */
export interface HsmPlan extends CipherWork {
  readonly host: string;
  readonly port: number;
  readonly clusterId: string;
  /** The customer's CA certificate, PEM. */
  readonly anchor: string;
  readonly user: string;
  readonly password: string;
  readonly handle: string;
  readonly inFlight: number;
}

/** softhsm-load.ts: a token of its own, made and used in its process. */
export interface SoftHsmPlan extends CipherWork {
  /** The path of pkcs11js. */
  readonly pkcs11js: string;
  /** The path of SoftHSM's library. */
  readonly library: string;
}

export interface LoadResult {
  readonly seconds: number;
  /** Answers of status 200, and of the length that was expected. */
  readonly answers: number;
  /** Other answers, and requests whose connection was lost. */
  readonly errors: number;
  /** The first error's description, empty when there was none. */
  readonly firstError: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export type LoadMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'measuring' }
  | { readonly type: 'done'; readonly result: LoadResult };
