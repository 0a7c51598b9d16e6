/** Adds a profile to a file of AWS credentials. What can go wrong is looked for before there is a secret to keep. */
import { access, constants, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { credentialsSection, hasProfile, isProfileName, type ProfileKey } from '../operator/aws-files.ts';
import { readIfThere } from '../store/durable-file.ts';
import { EXIT_USAGE, Failure } from './failure.ts';
import { shellWord } from './output.ts';

export interface ProfilePlace {
  readonly file: string;
  readonly profile: string;
}

export function requireProfileName(name: string): string {
  if (isProfileName(name)) return name;
  throw new Failure('A profile has letters, digits and . _ @ - in its name, 128 at most.', EXIT_USAGE);
}

/** Rejects with a Failure when a profile of this name, where it is known, cannot be added to the file. */
export async function checkPlace(file: string, profile: string | undefined): Promise<void> {
  const text = await read(file);
  await access(text === undefined ? dirname(file) : file, constants.W_OK).catch((error) => {
    throw unusable(file, error);
  });
  if (text === undefined) return;
  if (profile !== undefined && hasProfile(text, profile)) {
    throw new Failure(`${file} has a profile ${profile} already: name another one with --profile.`);
  }
  const { mode } = await stat(file);
  if ((mode & 0o077) === 0) return;
  throw new Failure(`${file} can be read by other users: run chmod 600 ${shellWord(file)} first.`);
}

export async function addProfile({ file, profile }: ProfilePlace, key: ProfileKey): Promise<void> {
  const before = (await read(file)) ?? '';
  const gap = before === '' || before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n';
  const handle = await open(file, 'a', 0o600);
  try {
    await handle.writeFile(gap + credentialsSection(profile, key));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const read = (file: string): Promise<string | undefined> =>
  readIfThere(file).catch((error: Error) => {
    throw unusable(file, error);
  });

const unusable = (file: string, error: Error): Failure =>
  new Failure(`${file} cannot be used: ${error.message}. Name another file.`, undefined, error);
