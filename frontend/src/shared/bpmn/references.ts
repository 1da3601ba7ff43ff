import { edited, editOfAttribute, editOfText, readSource, type Edit, type Source } from "../xml/source";
import { newLibrary, Schema, type Meaning, type Property } from "./schema";

/** A place that names another element of the file by its id. */
export interface Reference {
  holder: Element;
  /** Undefined where the text of the element is the reference. */
  attribute: Attr | undefined;
  /** As written; an attribute may name several. */
  names: string[];
}

/** All references of a diagram: exactly what the reader takes for one, so that expressions and names are left alone. */
export function* referencesIn(source: Source, schema: Schema): Generator<Reference> {
  for (const [holder, meaning] of schema.elements(source.document)) {
    if (meaning && "reference" in meaning) yield { holder, attribute: undefined, names: words(holder.textContent) };
    for (const [attribute, property] of attributesOf(holder, meaning, schema))
      if (property.isReference) yield { holder, attribute, names: words(attribute.value) };
  }
}

export function idsIn(document: Document): Set<string> {
  return new Set([...document.getElementsByTagName("*")].flatMap((element) => element.getAttribute("id") ?? []));
}

/** What makes the reference name others, with one blank between; `renamed` gives each name as it is to be. */
export function editOfReference(source: Source, reference: Reference, renamed: (name: string) => string): Edit | undefined {
  const { holder, attribute, names } = reference;
  const wanted = names.map(renamed).join(" ");
  const edit = attribute ? editOfAttribute(source, holder, attribute.name, wanted) : editOfText(source, holder, wanted);
  return edit && source.text.slice(edit.start, edit.end) === edit.text ? undefined : edit;
}

/**
 * The name without its prefix where the prefix is that of the file's own namespace: QNames are the standard's way to say
 * where an element is, and for the file's own elements they mean the same as the bare id.
 */
export function localName(name: string, holder: Element, ids: ReadonlySet<string>): string {
  const colon = name.indexOf(":");
  if (colon < 1 || ids.has(name)) return name;
  const target = holder.ownerDocument.documentElement.getAttribute("targetNamespace");
  const local = name.slice(colon + 1);
  return target !== null && holder.lookupNamespaceURI(name.slice(0, colon)) === target && ids.has(local) ? local : name;
}

/**
 * The same diagram in the words that the reader of diagrams knows: it takes references for bare ids without blanks around, and no `1` for true.
 * Everything else stays as it was, to the character. What is not well-formed XML comes back as it is.
 */
export function inReadersWords(text: string): string {
  let source: Source;
  try {
    source = readSource(text);
  } catch {
    return text;
  }
  const schema = new Schema(newLibrary());
  const ids = idsIn(source.document);
  const edits: (Edit | undefined)[] = [];
  for (const reference of referencesIn(source, schema))
    edits.push(editOfReference(source, reference, (name) => localName(name, reference.holder, ids)));
  for (const [element, meaning] of schema.elements(source.document))
    for (const [attribute, property] of attributesOf(element, meaning, schema))
      if (property.type === "Boolean" && /^\s*1\s*$/.test(attribute.value))
        edits.push(editOfAttribute(source, element, attribute.name, "true"));
  return edited(
    text,
    edits.filter((each) => each !== undefined),
  );
}

function* attributesOf(element: Element, meaning: Meaning | undefined, schema: Schema): Generator<[Attr, Property]> {
  for (const attribute of element.attributes) {
    const property = schema.propertyOf(attribute, meaning);
    if (property) yield [attribute, property];
  }
}

function words(text: string | null): string[] {
  return (text ?? "").split(/\s+/).filter(Boolean);
}
