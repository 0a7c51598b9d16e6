/**
 * Canonical JSON (RFC 8785): object keys in ascending order of their UTF-16 code units, no white space, strings
 * and numbers as JSON.stringify writes them. Members that are undefined are absent; what JSON cannot hold (NaN, an
 * infinity, a bigint, a function) throws TypeError rather than being written as something else.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (Number.isFinite(value)) return JSON.stringify(value);
      break;
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
      return canonicalObject(value as Readonly<Record<string, unknown>>);
  }
  throw new TypeError(`canonical JSON cannot hold a value of type ${typeof value}`);
}

function canonicalObject(value: Readonly<Record<string, unknown>>): string {
  const prototype = Object.getPrototypeOf(value);
  // A Map or a Buffer would be written as something else.
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError('canonical JSON holds plain objects only');
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(',')}}`;
}
