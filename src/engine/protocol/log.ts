/**
 * How engines and supervisor log: one JSON line an event on standard error, of an event's name and facts.
 * Never secrets, and never an error's message from code that had secrets in hand: see `whereFrom`.
 */
export type Facts = Readonly<Record<string, string | number>>;
export type Log = (event: string, facts: Facts) => void;

export const logTo =
  (part: string): Log =>
  (event, facts) => {
    const line = { time: new Date().toISOString(), level: 'warn', part, event, ...facts };
    process.stderr.write(`${JSON.stringify(line)}\n`);
  };

/** An error by its kind and the places it came through: messages may quote the values they are about. */
export function whereFrom(error: unknown): Facts {
  if (!(error instanceof Error)) return { error: typeof error };
  const { name, stack = '' } = error;
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    error: (error as NodeJS.ErrnoException).code ?? name,
    at: frames.map((line) => line.trim()).join(' < '),
  };
}
