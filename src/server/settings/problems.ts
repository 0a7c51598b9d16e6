/** What is wrong with settings, said so that the reader can mend it: the setting, where it was given, what is allowed. */

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Thrown by the parser of a value. `path` leads to the part of a YAML value that is wrong. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
  readonly path: readonly (string | number)[];
  constructor(message: string, path: readonly (string | number)[] = []) {
    super(message);
    this.path = path;
  }
}

/** ` (did you mean "listen"?)`, or nothing when no known name is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const most = Math.max(2, Math.floor(name.length / 4));
  const [best] = known
    .map((other) => ({ other, distance: editDistance(name, other) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance);
  return best === undefined ? '' : ` (did you mean "${best.other}"?)`;
}

/** Insertions, deletions and substitutions that make one text of the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
