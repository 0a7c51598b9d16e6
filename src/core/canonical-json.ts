/**
 * Canonical JSON (RFC 8785): object keys in ascending order of their UTF-16 code units, no white space, strings
 * and numbers as JSON.stringify writes them. Members that are undefined are absent; what JSON cannot hold (NaN, an
 * infinity, a bigint, a function) throws TypeError rather than being written as something else. Unlike RFC 8785 it does
 * not refuse lone surrogates, which stay escaped: no request can make an event of the journal impossible to write.
 */
export function canonicalJson(value: unknown): string {
  // Most values come with sorted keys, or with one key: those take the native serialiser.
  return isSorted(value) ? JSON.stringify(value) : serialise(value);
}

/** Throws TypeError for a value that JSON cannot hold, as far as it looks. */
function isSorted(value: unknown): boolean {
  if (!isComposite(value)) return true;
  if (Array.isArray(value)) return value.every(isSorted);
  const object = plain(value);
  let previous: string | undefined;
  for (const key of Object.keys(object)) {
    if (previous !== undefined && key <= previous) return false;
    const member = object[key];
    if (member !== undefined && !isSorted(member)) return false;
    previous = key;
  }
  return true;
}

function serialise(value: unknown): string {
  if (!isComposite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(serialise).join(',')}]`;
  const object = plain(value);
  const members: string[] = [];
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${serialise(member)}`);
  }
  return `{${members.join(',')}}`;
}

/** False for null, a string, a boolean, a number. */
function isComposite(value: unknown): value is object {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return false;
    case 'number':
      if (Number.isFinite(value)) return false;
      break;
    case 'object':
      return value !== null;
  }
  throw new TypeError(`canonical JSON cannot hold a value of type ${typeof value}`);
}

/** A Map or a Buffer would be written as something else. */
function plain(value: object): Readonly<Record<string, unknown>> {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError('canonical JSON holds plain objects only');
  return value as Readonly<Record<string, unknown>>;
}
