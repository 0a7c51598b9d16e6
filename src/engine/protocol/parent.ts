/**
 * Makes this process end with its parent, and by its parent alone: signals to the process group (Ctrl-C in a
 * terminal, a service manager's stop) reach the supervisor too, which then stops its children in order.
 */
const groupSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function exitWithParent(): void {
  if (process.channel === undefined) throw new Error('this program is started by `lockholm serve` only');
  for (const signal of groupSignals) process.on(signal, () => undefined);
  process.on('disconnect', () => process.exit(0));
}
