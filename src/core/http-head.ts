/** The head of an HTTP request, from the lines as they came: Node's own header object joins or drops some. */

/** Names as they are spelled by clients, in lower case: a few dozen come again and again. */
const lowerCase = new Map<string, string>();
const MAX_KNOWN = 256;

function lower(name: string): string {
  const known = lowerCase.get(name);
  if (known !== undefined) return known;
  const made = name.toLowerCase();
  if (lowerCase.size < MAX_KNOWN) lowerCase.set(name, made);
  return made;
}

export class HttpHead {
  readonly method: string;
  /** As sent, without the query; percent-encoded. */
  readonly path: string;
  /** As sent, without the question mark; empty when there is none. */
  readonly query: string;
  readonly sourceIp: string;
  /** In lower case; `values` has the value of each, and one name may come more than once. */
  readonly names: readonly string[];
  readonly values: readonly string[];

  /** `lines` alternates names and values. */
  constructor(method: string, target: string, lines: readonly string[], sourceIp: string) {
    const query = target.indexOf('?');
    this.method = method;
    this.path = query === -1 ? target : target.slice(0, query);
    this.query = query === -1 ? '' : target.slice(query + 1);
    this.sourceIp = sourceIp;
    const names: string[] = [];
    const values: string[] = [];
    for (let i = 0; i + 1 < lines.length; i += 2) {
      names.push(lower(lines[i] as string));
      values.push(lines[i + 1] as string);
    }
    this.names = names;
    this.values = values;
  }

  /** The value of the first line of this name. */
  get(name: string): string | undefined {
    const at = this.names.indexOf(name);
    return at === -1 ? undefined : this.values[at];
  }

  /** True when more than one line has this name. */
  repeats(name: string): boolean {
    const at = this.names.indexOf(name);
    return at !== -1 && this.names.includes(name, at + 1);
  }
}
