/**
 * From parsed JSON to the values that operations take, compiled from a shape once. Members that the shape does
 * not have are ignored and nulls are absent, as AWS does; a member twice in one object counts as its last.
 * A wrong JSON type is a SerializationException in the words of AWS's own decoder, and never holds the value.
 */
import { ServiceError } from '../../core/errors.ts';
import type { ListShape, MapShape, Shape, StructureShape } from '../../core/shape.ts';
import { decodeBase64 } from './base64.ts';

export type Decode<T = unknown> = (json: unknown) => T;
type Fields = Record<string, unknown>;

const INT32_MAX = 2 ** 31 - 1;
const MAX_TIME_MS = 8_640_000_000_000_000;

/** AWS sends none of them with a message when the JSON itself is malformed. */
export const serialization = (message?: string): ServiceError =>
  new ServiceError('SerializationException', message);

export function compileDecoder(shape: StructureShape): Decode<Fields>;
export function compileDecoder(shape: Shape): Decode;
export function compileDecoder(shape: Shape): Decode {
  switch (shape.type) {
    case 'string':
      return decodeString;
    case 'blob':
      return decodeBlob;
    case 'integer':
      return (json) => decodeNumber(json, 'an Integer', INT32_MAX);
    case 'long':
      return (json) => decodeNumber(json, 'a Long', Number.MAX_SAFE_INTEGER);
    case 'boolean':
      return decodeBoolean;
    case 'timestamp':
      return decodeTimestamp;
    case 'list':
      return listDecoder(shape);
    case 'map':
      return mapDecoder(shape);
    case 'structure':
      return structureDecoder(shape);
  }
}

function decodeString(json: unknown): string {
  if (typeof json !== 'string') throw mismatch(json, 'a String');
  // A lone surrogate has no UTF-8 form: two different encryption contexts would become the same bytes.
  if (!json.isWellFormed()) throw serialization('Invalid UTF-16 surrogate in a String');
  return json;
}

function decodeBlob(json: unknown): Buffer {
  if (typeof json !== 'string') throw mismatch(json, 'a Blob');
  const decoded = decodeBase64(json);
  if (typeof decoded === 'string') throw serialization(decoded);
  return decoded;
}

function decodeNumber(json: unknown, type: string, max: number): number {
  if (typeof json !== 'number' || !Number.isInteger(json) || Math.abs(json) > max) throw mismatch(json, type);
  return json;
}

function decodeBoolean(json: unknown): boolean {
  if (typeof json !== 'boolean') throw mismatch(json, 'a Boolean');
  return json;
}

function decodeTimestamp(json: unknown): number {
  if (typeof json !== 'number' || Math.abs(json * 1000) > MAX_TIME_MS) {
    throw mismatch(json, 'milliseconds since epoch');
  }
  return Math.round(json * 1000);
}

function listDecoder(shape: ListShape): Decode {
  const member = compileDecoder(shape.member);
  return (json) => {
    if (!Array.isArray(json)) throw mismatch(json, 'list');
    return json.map((item) => (item === null ? null : member(item)));
  };
}

function mapDecoder(shape: MapShape): Decode {
  const key = compileDecoder(shape.key);
  const value = compileDecoder(shape.value);
  return (json) => {
    if (!isObject(json)) throw mismatch(json, 'map');
    // Without a prototype `__proto__` is a key like any other.
    const out: Fields = Object.create(null);
    for (const name of Object.keys(json)) {
      const item = json[name];
      out[key(name) as string] = item === null ? null : value(item);
    }
    return out;
  };
}

function structureDecoder(shape: StructureShape): Decode<Fields> {
  const names = Object.keys(shape.members);
  const inherited = names.find((name) => name in Object.prototype);
  if (inherited !== undefined) throw new TypeError(`member ${inherited} is a property of every object`);
  const decoders = Object.values(shape.members).map((member) => compileDecoder(member));
  return (json) => {
    if (!isObject(json)) throw mismatch(json, 'structure');
    const out: Fields = {};
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const item = json[name];
      if (item !== undefined && item !== null) out[name] = (decoders[i] as Decode)(item);
    }
    return out;
  };
}

const isObject = (json: unknown): json is Fields =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

function mismatch(json: unknown, wanted: string): ServiceError {
  if (Array.isArray(json)) return serialization('Start of list found where not expected');
  if (typeof json === 'object') return serialization('Start of structure or map found where not expected.');
  if (wanted === 'list' || wanted === 'map') return serialization(`Expected ${wanted} or null`);
  if (wanted === 'structure') return serialization('Expected null');
  return serialization(`${tokenName(json)} can not be converted to ${wanted}`);
}

function tokenName(json: unknown): string {
  if (typeof json === 'boolean') return json ? 'TRUE_VALUE' : 'FALSE_VALUE';
  if (typeof json === 'number') return Number.isInteger(json) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE';
  return 'STRING_VALUE';
}
