/**
 * The form of a key policy (IAM user guide, "Grammar of the IAM JSON policy language"). What it does not know it
 * refuses: a condition that would be skipped later must not be stored now.
 */
import { repeatedKey } from '../../core/repeated-key.ts';
import { malformedPolicy } from '../errors.ts';

export interface PolicyStatement {
  readonly effect: 'Allow' | 'Deny';
  readonly principals: readonly string[];
  readonly invertedPrincipals: boolean;
  readonly actions: readonly string[];
  readonly invertedActions: boolean;
  readonly resources: readonly string[];
  readonly invertedResources: boolean;
  readonly conditional: boolean;
}
export interface Policy {
  readonly statements: readonly PolicyStatement[];
}

const VERSIONS = ['2012-10-17', '2008-10-17'];
const ELEMENTS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);
const PRINCIPAL_KINDS = new Set(['AWS', 'Service', 'Federated', 'CanonicalUser']);
const AWS_PRINCIPAL =
  /^(?:\*|[0-9]{12}|A[A-Z0-9]{15,127}|arn:[a-z-]+:(?:iam|sts)::[0-9]{12}:(?:root|(?:user|role|assumed-role|federated-user)\/[\w+=,.@/-]+))$/;
const ACTION = /^(?:\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+)$/;
const OPERATORS =
  /^(?:ForAllValues:|ForAnyValue:)?(?:String(?:Not)?Equals(?:IgnoreCase)?|String(?:Not)?Like|Numeric(?:Not)?Equals|Numeric(?:Less|Greater)Than(?:Equals)?|Date(?:Not)?Equals|Date(?:Less|Greater)Than(?:Equals)?|Bool|BinaryEquals|(?:Not)?IpAddress|Arn(?:Not)?(?:Equals|Like)|Null)(?:IfExists)?$/;

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function parsePolicy(text: string): Policy {
  const document = parseDocument(text);
  for (const name of Object.keys(document))
    if (!['Version', 'Id', 'Statement'].includes(name)) throw malformedPolicy(`Unknown element ${name}.`);
  if (document.Version !== undefined && !VERSIONS.includes(document.Version as string))
    throw malformedPolicy('Version must be 2012-10-17 or 2008-10-17.');
  if (document.Id !== undefined && typeof document.Id !== 'string')
    throw malformedPolicy('Id must be a string.');
  const statements = Array.isArray(document.Statement) ? document.Statement : [document.Statement];
  if (statements.length === 0) throw malformedPolicy('A policy must have at least one statement.');
  return { statements: statements.map(parseStatement) };
}

function parseDocument(text: string): Fields {
  const document = parseJson(text);
  if (!isFields(document)) throw malformedPolicy('The policy is not a JSON object.');
  const repeated = repeatedKey(text);
  if (repeated !== undefined) throw malformedPolicy(`The element ${repeated} is there twice.`);
  return document;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseStatement(statement: unknown): PolicyStatement {
  if (!isFields(statement)) throw malformedPolicy('Statement must be an object or a list of objects.');
  for (const name of Object.keys(statement))
    if (!ELEMENTS.has(name)) throw malformedPolicy(`Unknown element ${name} in a statement.`);
  const { Effect: effect, Sid: sid } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw malformedPolicy('Effect must be Allow or Deny.');
  if (sid !== undefined && typeof sid !== 'string') throw malformedPolicy('Sid must be a string.');
  const [actions, invertedActions] = either(statement, 'Action', 'NotAction');
  const [principal, invertedPrincipals] = either(statement, 'Principal', 'NotPrincipal');
  if (principal === undefined) throw malformedPolicy('A statement must have a Principal or NotPrincipal.');
  const [resources, invertedResources] = either(statement, 'Resource', 'NotResource');
  return {
    effect,
    actions: parseActions(actions),
    invertedActions,
    resources: strings(resources),
    invertedResources,
    principals: parsePrincipals(principal),
    invertedPrincipals,
    conditional: parseCondition(statement.Condition),
  };
}

function either(statement: Fields, plain: string, inverted: string): readonly [unknown, boolean] {
  if (statement[plain] !== undefined && statement[inverted] !== undefined)
    throw malformedPolicy(`A statement must not have both ${plain} and ${inverted}.`);
  return statement[inverted] === undefined ? [statement[plain], false] : [statement[inverted], true];
}

/**
 * A statement without an action or a resource is accepted, and without effect, as on AWS; so is one of actions of
 * other services alone.
 */
function parseActions(value: unknown): readonly string[] {
  const actions = strings(value);
  for (const action of actions) if (!ACTION.test(action)) throw malformedPolicy(`Invalid action ${action}.`);
  return actions;
}

function parsePrincipals(value: unknown): readonly string[] {
  if (value === '*') return ['*'];
  if (!isFields(value)) throw malformedPolicy('Principal must be * or an object.');
  return Object.entries(value).flatMap(([kind, names]) => {
    if (!PRINCIPAL_KINDS.has(kind)) throw malformedPolicy(`Unknown kind of principal ${kind}.`);
    const listed = strings(names);
    if (kind === 'AWS' && listed.some((name) => !AWS_PRINCIPAL.test(name)))
      throw malformedPolicy('Policy contains a statement with one or more invalid principals.');
    return listed;
  });
}

function parseCondition(value: unknown): boolean {
  if (value === undefined) return false;
  if (!isFields(value)) throw malformedPolicy('Condition must be an object.');
  for (const [operator, keys] of Object.entries(value)) {
    if (!OPERATORS.test(operator)) throw malformedPolicy(`Unknown condition operator ${operator}.`);
    if (!isFields(keys)) throw malformedPolicy(`Condition ${operator} must be an object.`);
    for (const values of Object.values(keys)) scalars(values);
  }
  return Object.keys(value).length > 0;
}

function strings(value: unknown): readonly string[] {
  const listed = value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (!listed.every((each) => typeof each === 'string'))
    throw malformedPolicy('Expected a string or strings.');
  return listed;
}

function scalars(value: unknown): void {
  const listed = Array.isArray(value) ? value : [value];
  if (!listed.every((each) => ['string', 'number', 'boolean'].includes(typeof each)))
    throw malformedPolicy('A condition value must be a string, a number or a boolean.');
}
