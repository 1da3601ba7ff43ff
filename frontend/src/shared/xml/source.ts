/** A text of XML, its document, and where each element's tag stands in the text. */
export interface Source {
  text: string;
  document: Document;
  /** Where the element's opening tag stands; undefined where the text could not be followed (it declares entities). */
  tagOf(element: Element): Place | undefined;
  /** The line of the element's opening tag, from 1. */
  lineOf(element: Element): number | undefined;
}

/** From the first character to behind the last one. */
interface Place {
  start: number;
  end: number;
}

export interface Edit extends Place {
  text: string;
}

/** Comments, character data and instructions are passed over; what is left are opening tags, whose values may hold ">". */
const MARKUP = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(?![!/?])[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>/g;
const ATTRIBUTE = /([^\s=<>"'/]+)\s*=\s*("[^"]*"|'[^']*')/g;
const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Reads a text of XML. Throws what is wrong with it when it is not well formed. */
export function readSource(text: string): Source {
  const document = new DOMParser().parseFromString(text, "application/xml");
  const error = document.getElementsByTagName("parsererror")[0];
  if (error) throw new Error(`The file is not well-formed XML: ${firstWords(error.textContent ?? "")}`);
  const elements = [...document.getElementsByTagName("*")];
  const tags = tagsIn(text);
  const places = tags.length === elements.length ? new Map(elements.map((element, index) => [element, tags[index]!])) : undefined;
  const lines = lineStarts(text);
  const tagOf = (element: Element) => places?.get(element);
  return {
    text,
    document,
    tagOf,
    lineOf: (element) => {
      const place = tagOf(element);
      return place && lineAt(lines, place.start);
    },
  };
}

/** What gives the attribute another value; undefined where the text could not be followed. */
export function editOfAttribute(source: Source, element: Element, name: string, value: string): Edit | undefined {
  const tag = source.tagOf(element);
  if (!tag) return undefined;
  const text = source.text.slice(tag.start, tag.end);
  const found = [...text.matchAll(ATTRIBUTE)].find((each) => each[1] === name);
  if (!found) return undefined;
  const start = tag.start + found.index + found[0].length - found[2]!.length + 1;
  return { start, end: start + found[2]!.length - 2, text: escaped(value) };
}

/** What gives an element that holds a plain word another one; undefined where it holds more than that. */
export function editOfText(source: Source, element: Element, value: string): Edit | undefined {
  const tag = source.tagOf(element);
  if (!tag || source.text[tag.end - 2] === "/") return undefined;
  const end = source.text.indexOf("<", tag.end);
  if (source.text.slice(tag.end, end).trim() !== element.textContent?.trim()) return undefined;
  return { start: tag.end, end, text: escaped(value) };
}

/** The text with all edits made and not a character changed beside them. */
export function edited(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const edit of [...edits].sort((one, other) => one.start - other.start)) {
    parts.push(text.slice(done, edit.start), edit.text);
    done = edit.end;
  }
  return parts.join("") + text.slice(done);
}

function escaped(value: string): string {
  return value.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}

function tagsIn(text: string): Place[] {
  return [...text.matchAll(MARKUP)]
    .filter(([markup]) => !/^<[!?]/.test(markup))
    .map((match) => ({ start: match.index, end: match.index + match[0].length }));
}

function lineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
}

/** By halving: files have a hundred thousand lines. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

/** A browser says the same in several lines, and shows what it could read below. */
function firstWords(text: string): string {
  const line = text.split("\n").find((each) => /error|:/i.test(each) && !/^This page contains/.test(each)) ?? text;
  return line.trim().slice(0, 300);
}
