/**
 * Whether a text matches a pattern of IAM: `*` stands for any characters, `?` for one. Goes back to the last `*`
 * alone, so that no pattern takes more steps than its length times that of the text.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let [at, from, star] = [0, 0, -1];
  for (let read = 0; read < text.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      from = read;
    } else if (pattern[at] === '?' || pattern[at] === text[read]) {
      at++;
      read++;
    } else if (star >= 0) {
      at = star + 1;
      read = ++from;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
