/** Checks a value by a JSON schema, as far as the project's schemas go: what is wrong, by place. */
interface Schema {
  readonly $ref?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly type?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  array: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

export function schemaProblems(root: object, value: unknown): readonly string[] {
  const defs = (root as Schema).$defs ?? {};
  const check = (schema: Schema, given: unknown, at: string): readonly string[] => {
    if (schema.$ref !== undefined) {
      const named = defs[schema.$ref.replace('#/$defs/', '')];
      return named === undefined ? [`${at}: no ${schema.$ref}`] : check(named, given, at);
    }
    if ('const' in schema && given !== schema.const) return [`${at} is not ${schema.const}`];
    if (schema.enum && !schema.enum.includes(given)) return [`${at} is none of ${schema.enum}`];
    if (schema.oneOf) {
      const fitting = schema.oneOf.filter((one) => check(one, given, at).length === 0);
      if (fitting.length !== 1) return [`${at} fits ${fitting.length} of the forms`];
    }
    if (schema.type && types[schema.type]?.(given) !== true) return [`${at} is no ${schema.type}`];
    if (typeof given === 'string') {
      if (schema.pattern && !new RegExp(schema.pattern).test(given))
        return [`${at} is not ${schema.pattern}`];
      if (given.length < (schema.minLength ?? 0)) return [`${at} is too short`];
    }
    if (typeof given === 'number' && given < (schema.minimum ?? given)) return [`${at} is too small`];
    if (Array.isArray(given)) {
      const { items, minItems = 0 } = schema;
      if (given.length < minItems) return [`${at} has too few items`];
      return items ? given.flatMap((item, i) => check(items, item, `${at}[${i}]`)) : [];
    }
    if (schema.properties === undefined) return [];
    return fields(schema, given as Record<string, unknown>, at);
  };
  const fields = (
    schema: Schema,
    given: Readonly<Record<string, unknown>>,
    at: string,
  ): readonly string[] => [
    ...(schema.required ?? []).filter((name) => !(name in given)).map((name) => `${at} has no ${name}`),
    ...Object.entries(given).flatMap(([name, member]) => {
      const form = schema.properties?.[name];
      if (form !== undefined) return check(form, member, `${at}.${name}`);
      return schema.additionalProperties === false ? [`${at} has ${name}`] : [];
    }),
  ];
  return check(root as Schema, value, 'report');
}
