/** The supervisor's log: an event name and facts, never secrets. */
export type Log = (event: string, facts: Readonly<Record<string, string | number>>) => void;

export const logToStderr: Log = (event, facts) => {
  console.error(
    JSON.stringify({ time: new Date().toISOString(), level: 'warn', part: 'supervisor', event, ...facts }),
  );
};
