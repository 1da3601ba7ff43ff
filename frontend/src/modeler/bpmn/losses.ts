import { idsIn } from "@/shared/bpmn/references";
import type { Meaning, Schema } from "@/shared/bpmn/schema";
import type { Source } from "@/shared/xml/source";

/** A part of a file that would not be in it any more after a save. */
export interface Loss {
  /** The element as the file calls it, with its id. */
  element: string;
  line: number | undefined;
  /** What of it is lost, and why. */
  what: string;
}

const XSI = "http://www.w3.org/2001/XMLSchema-instance";
const XMLNS = "http://www.w3.org/2000/xmlns/";
/** What the reader takes for an id. */
const ID = /^([a-z][\w-.]*:)?[a-z_][\w-.]*$/i;

/** What the file has and what was written of it has not, element by element, whatever their order and the prefixes. */
export function lossesBetween(source: Source, written: Document, schema: Schema): Loss[] {
  const root = source.document.documentElement;
  return new Comparison(source, written, schema).between(root, written.documentElement, schema.meaningOfRoot(root));
}

class Comparison {
  private readonly ids: Map<string, number>;
  private readonly kept: Set<string>;

  constructor(
    private readonly source: Source,
    written: Document,
    private readonly schema: Schema,
  ) {
    this.ids = new Map();
    for (const element of source.document.getElementsByTagName("*")) {
      const id = element.getAttribute("id");
      if (id) this.ids.set(id, (this.ids.get(id) ?? 0) + 1);
    }
    this.kept = idsIn(written);
  }

  between(before: Element, after: Element, meaning: Meaning | undefined): Loss[] {
    const losses: Loss[] = [];
    const waiting: [Element, Element, Meaning | undefined][] = [[before, after, meaning]];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [one, other, known] = next;
      losses.push(...this.ofAttributes(one, other, known), ...this.ofText(one, other));
      for (const [child, twin] of pairs(one, other)) {
        const meant = this.schema.meaningOfChild(child, known);
        if (twin) waiting.push([child, twin, meant]);
        else if (!isAttributeOf(other, child)) losses.push(this.loss(child, this.whyNotRead(child, meant)));
      }
    }
    return losses.sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
  }

  private loss(element: Element, what: string): Loss {
    const id = element.getAttribute("id");
    return { element: element.localName + (id ? ` “${id}”` : ""), line: this.source.lineOf(element), what };
  }

  private ofAttributes(before: Element, after: Element, meaning: Meaning | undefined): Loss[] {
    return [...before.attributes].flatMap((attribute) => {
      if (attribute.namespaceURI === XMLNS || sameAttribute(attribute, after)) return [];
      const property = this.schema.propertyOf(attribute, meaning);
      if (property?.default !== undefined && sameValue(attribute.value, String(property.default))) return [];
      // The reader knows the type of these without being told.
      if (attribute.namespaceURI === XSI && attribute.localName === "type" && meaning && !after.hasAttributeNS(XSI, "type")) return [];
      const reason = property?.isReference ? `: ${this.whyNotFound(attribute.value)}` : "";
      return this.loss(before, `its ${attribute.localName} “${short(attribute.value)}” is not read${reason}`);
    });
  }

  private ofText(before: Element, after: Element): Loss[] {
    const text = ownText(before);
    if (text === ownText(after) || isReferenceTo(after, text)) return [];
    return [this.loss(before, `its text “${short(text)}” is not read as it is written`)];
  }

  private whyNotRead(element: Element, meaning: Meaning | undefined): string {
    const id = element.getAttribute("id");
    if (meaning && "reference" in meaning) return `its reference is not read: ${this.whyNotFound(element.textContent?.trim() ?? "")}`;
    if (id && !ID.test(id)) return "it is not read, with everything in it: its id is none that the editor can read";
    if (id && this.ids.get(id)! > 1) return `it is not read, with everything in it: another element has the id “${id}” too`;
    return meaning ? "it is not read, with everything in it" : "it is not read, with everything in it: the editor does not know it here";
  }

  private whyNotFound(name: string): string {
    const missing = name.split(/\s+/).find((each) => !this.kept.has(each)) ?? name;
    return this.ids.has(missing) ? `“${missing}” is not read either` : `nothing in this file has the id “${missing}”`;
  }
}

/** Each child with the one that was written of it: by its id, else the next one that says the same, else the next of its name. */
function pairs(before: Element, after: Element): [Element, Element | undefined][] {
  const found = new Map<string, Element[]>();
  for (const child of after.children) {
    const list = found.get(nameOf(child));
    if (list) list.push(child);
    else found.set(nameOf(child), [child]);
  }
  const children = [...before.children];
  const taken = new Map<Element, Element>();
  const take = (fits: (child: Element, candidate: Element) => boolean) => {
    for (const child of children) {
      if (taken.has(child)) continue;
      const left = found.get(nameOf(child)) ?? [];
      const at = left.findIndex((candidate) => fits(child, candidate));
      if (at >= 0) taken.set(child, left.splice(at, 1)[0]!);
    }
  };
  const idOf = (element: Element) => element.getAttribute("id");
  take((child, candidate) => idOf(child) !== null && idOf(child) === idOf(candidate));
  take((child, candidate) => idOf(child) === null && idOf(candidate) === null && likeness(child) === likeness(candidate));
  take((child, candidate) => idOf(child) === null && idOf(candidate) === null);
  return children.map((child) => [child, taken.get(child)]);
}

function nameOf(element: Element): string {
  return `{${element.namespaceURI}}${element.localName}`;
}

/** What tells two elements without an id apart. */
function likeness(element: Element): string {
  const values = [...element.attributes].filter((each) => each.namespaceURI !== XMLNS).map((each) => each.value);
  return [element.textContent?.replace(/\s+/g, " ").trim(), ...values.sort()].join(" ");
}

function sameAttribute(attribute: Attr, after: Element): boolean {
  const { namespaceURI, localName, value } = attribute;
  const owner = attribute.ownerElement!;
  const twin = namespaceURI === owner.namespaceURI || namespaceURI === null ? [null, owner.namespaceURI] : [namespaceURI];
  const written = twin.map((uri) => after.getAttributeNS(uri, localName)).find((each) => each !== null);
  if (written === undefined || written === null) return [...after.children].some((child) => isWrittenAs(child, localName, value));
  if (namespaceURI === XSI && localName === "type") return sameType(owner, value, after, written);
  return sameValue(value, written);
}

function isWrittenAs(child: Element, localName: string, value: string): boolean {
  return child.localName === localName && child.children.length === 0 && ownText(child) === value.trim();
}

/** What was an element may have been written as an attribute. */
function isAttributeOf(after: Element, child: Element): boolean {
  const written = after.getAttribute(child.localName);
  return written !== null && child.children.length === 0 && sameValue(ownText(child), written);
}

function isReferenceTo(after: Element, text: string): boolean {
  return after.children.length === 0 && sameValue(text, ownText(after));
}

/** `1.0` is 1, and so is `01`; `1` is true; where a reference names several, blanks are blanks. */
function sameValue(one: string, other: string): boolean {
  const [left, right] = [one, other].map((each) => each.replace(/\s+/g, " ").trim()) as [string, string];
  if (left === right) return true;
  if (/^[-+.\d]/.test(left) && left !== "" && Number(left) === Number(right)) return true;
  return (left === "0" && right === "false") || (left === "1" && right === "true");
}

/** The same type, by another prefix, or with the letter that the schema's names begin with. */
function sameType(before: Element, one: string, after: Element, other: string): boolean {
  const expanded = (element: Element, name: string) => {
    const [local = "", prefix = null] = name.split(":").reverse();
    return `${element.lookupNamespaceURI(prefix)} ${local.replace(/^t(?=[A-Z])/, "")}`;
  };
  return expanded(before, one) === expanded(after, other);
}

function ownText(element: Element): string {
  const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE || node.nodeType === Node.CDATA_SECTION_NODE);
  const text = texts.map((node) => node.textContent ?? "").join("");
  return element.children.length > 0 ? text.replace(/\s+/g, " ").trim() : text.trim();
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)} …` : text;
}
