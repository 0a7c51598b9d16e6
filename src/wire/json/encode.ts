/**
 * From an operation's output to AWS JSON 1.1 text, compiled from a shape once: blobs as base64, timestamps as
 * epoch seconds with milliseconds as their fraction, absent members left out. A value that does not fit its
 * shape is a TypeError: a fault of ours.
 */
import type { ListShape, MapShape, Shape, StructureShape } from '../../core/shape.ts';

export type Encode = (value: unknown) => string;

export function compileEncoder(shape: Shape): Encode {
  switch (shape.type) {
    case 'string':
      return encodeString;
    case 'blob':
      return encodeBlob;
    case 'integer':
    case 'long':
      return encodeNumber;
    case 'boolean':
      return encodeBoolean;
    case 'timestamp':
      return (value) => encodeNumber(typeof value === 'number' ? value / 1000 : value);
    case 'list':
      return listEncoder(shape);
    case 'map':
      return mapEncoder(shape);
    case 'structure':
      return structureEncoder(shape);
  }
}

function encodeString(value: unknown): string {
  if (typeof value !== 'string') throw misfit('string', value);
  return JSON.stringify(value);
}

function encodeBlob(value: unknown): string {
  if (!(value instanceof Uint8Array)) throw misfit('blob', value);
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return `"${bytes.toString('base64')}"`;
}

function encodeNumber(value: unknown): string {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw misfit('number', value);
  return String(value);
}

function encodeBoolean(value: unknown): string {
  if (typeof value !== 'boolean') throw misfit('boolean', value);
  return value ? 'true' : 'false';
}

function listEncoder(shape: ListShape): Encode {
  const member = compileEncoder(shape.member);
  return (value) => {
    if (!Array.isArray(value)) throw misfit('list', value);
    return `[${value.map(member).join(',')}]`;
  };
}

function mapEncoder(shape: MapShape): Encode {
  const item = compileEncoder(shape.value);
  return (value) => {
    if (typeof value !== 'object' || value === null) throw misfit('map', value);
    return `{${Object.entries(value)
      .map(([key, entry]) => `${JSON.stringify(key)}:${item(entry)}`)
      .join(',')}}`;
  };
}

function structureEncoder(shape: StructureShape): Encode {
  const names = Object.keys(shape.members);
  const prefixes = names.map((name) => `${JSON.stringify(name)}:`);
  const encoders = Object.values(shape.members).map(compileEncoder);
  return (value) => {
    if (typeof value !== 'object' || value === null) throw misfit('structure', value);
    const fields = value as Readonly<Record<string, unknown>>;
    let out = '{';
    for (let i = 0; i < names.length; i++) {
      const field = fields[names[i] as string];
      if (field === undefined || field === null) continue;
      if (out.length > 1) out += ',';
      out += (prefixes[i] as string) + (encoders[i] as Encode)(field);
    }
    return `${out}}`;
  };
}

const misfit = (wanted: string, value: unknown): TypeError =>
  new TypeError(`an output holds ${value === null ? 'null' : typeof value} where its shape has a ${wanted}`);
