/**
 * Work that serves all who asked before it began, such as erasing what is deleted: those who ask while it runs share
 * the next run.
 */
export function sharedRuns(work: () => Promise<unknown>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= running.then(async () => {
      next = undefined;
      const run = Promise.resolve(work()).then(() => undefined);
      running = run.catch(() => undefined);
      await run;
    });
    return next;
  };
}
