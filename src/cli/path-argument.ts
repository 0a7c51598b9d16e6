import { InvalidArgumentError } from 'commander';

/** For arguments and options that name a file or folder: an empty one, as of an unset variable, would mean this folder. */
export function somePath(given: string): string {
  if (given === '') throw new InvalidArgumentError('It is empty: name a path, or . for this folder.');
  return given;
}
