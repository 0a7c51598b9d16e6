/** HTML of which every text is escaped: names in a report come from users. */
import { printable } from '../../core/printable.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup that is safe to place between tags. */
export class Html {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

export const escaped = (text: string): string =>
  printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

type Part = string | number | Html | readonly (string | Html)[];

/** Template of markup: texts that are put in are escaped, markup is not. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const put = (part: Part): string => {
    if (part instanceof Html) return part.toString();
    return typeof part === 'object' ? part.map(put).join('') : escaped(String(part));
  };
  return new Html(texts.reduce((text, next, i) => text + put(parts[i - 1] ?? '') + next));
}
