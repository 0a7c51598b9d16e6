/** What a first start needs is looked at before anything is made: one that is refused leaves no half of a data folder. */
import { closeSync, existsSync } from 'node:fs';
import { createServer, type ListenOptions } from 'node:net';
import { dirname } from 'node:path';
import { checkSealFolder, openSealFile } from '../engine/seal/file.ts';
import { isMarked } from '../store/data-folder.ts';
import { explained } from './endpoint.ts';
import type { Settings } from './settings.ts';

/** Rejects with an error that says what to do. */
export async function checkFirstStart({ data, seal, listen }: Settings): Promise<void> {
  if (isMarked(data)) return;
  if (existsSync(seal)) closeSync(openSealFile(seal));
  else if (dirname(seal) !== data) requireSealFolder(seal);
  await explained(listen, listenOnce({ ...listen }));
}

/** A folder of another disk is not made: where the disk is missing, that would be on this one. */
export function requireSealFolder(seal: string): void {
  checkSealFolder(dirname(seal));
  if (!existsSync(dirname(seal)))
    throw new Error(
      `There is no folder ${dirname(seal)} for the seal: make it, or mount the disk that has it.`,
    );
}

function listenOnce(where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(where, () => server.close(() => resolve()));
  });
}
