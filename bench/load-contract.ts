/** What the benchmark tells its load process, and hears from it, over IPC. */

export interface LoadPlan {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Whole HTTP requests in base64, sent in turn. */
  readonly requests: readonly string[];
}

export interface LoadResult {
  readonly seconds: number;
  /** Answers of status 200. */
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
