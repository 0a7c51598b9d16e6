/** A text in lines of at most `size`: broken at blanks where there are some, else where the room ends. */
export function brokenLines(text: string, size: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > size) {
    const blank = rest.lastIndexOf(' ', size);
    const at = blank > 0 ? blank : size;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  return [...lines, rest];
}
