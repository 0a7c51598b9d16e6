/** XML bodies. Values that are parsed are texts; no entity but the five that XML itself has is resolved. */
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import { RestXmlError } from './error.ts';

export const XML_TYPE = 'application/xml';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = '@xmlns';

/** Text, an element with members, or several elements of one name. */
export type XmlValue = string | XmlElement | readonly XmlValue[];
export interface XmlElement {
  readonly [name: string]: XmlValue | undefined;
}

const builder = new XMLBuilder({
  attributeNamePrefix: '@',
  ignoreAttributes: false,
  suppressEmptyNode: true,
});

export function writeXml(root: string, members: XmlElement, namespace?: string): string {
  const content = namespace === undefined ? members : { [NAMESPACE]: namespace, ...members };
  return DECLARATION + builder.build({ [root]: content });
}

const malformed = (): RestXmlError =>
  new RestXmlError(
    400,
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

/** The members of the root element. `lists` are names of elements that may come more than once. */
export function parseXml(body: Buffer, root: string, lists: readonly string[]): XmlElement {
  const text = body.toString('utf8');
  if (text.includes('<!') || XMLValidator.validate(text) !== true) throw malformed();
  const parser = new XMLParser({
    ignoreAttributes: true,
    ignoreDeclaration: true,
    parseTagValue: false,
    isArray: (name) => lists.includes(name),
    processEntities: true,
    trimValues: true,
  });
  const parsed = parser.parse(text) as Record<string, XmlValue>;
  const [name, value] = Object.entries(parsed)[0] ?? [];
  if (name !== root || Object.keys(parsed).length !== 1) throw malformed();
  // An empty element has no members.
  return typeof value === 'object' && !Array.isArray(value) ? (value as XmlElement) : {};
}

/** The member of an element that has no other than these. Throws MalformedXML. */
export function onlyMembers(element: XmlElement, names: readonly string[]): void {
  for (const name of Object.keys(element)) if (!names.includes(name)) throw malformed();
}

export function textOf(value: XmlValue | undefined): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw malformed();
}

export function elementOf(value: XmlValue | undefined): XmlElement | undefined {
  if (value === undefined) return undefined;
  if (value === '') return {};
  if (typeof value === 'string' || Array.isArray(value)) throw malformed();
  return value as XmlElement;
}

export function listOf(value: XmlValue | undefined): readonly XmlValue[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as XmlValue];
}

export { malformed as malformedXml };
