import { listOf, type Moddle } from "../standardFields";

interface Described {
  $descriptor?: { isGeneric?: boolean; properties: { name: string; isAttr?: boolean; isReference?: boolean; isVirtual?: boolean }[] };
}

/** The file that the element stands in. */
export function definitionsOf(element: Moddle): Moddle | undefined {
  return enclosing(element, "bpmn:Definitions");
}

export function enclosing(element: Moddle, type: string): Moddle | undefined {
  let found: Moddle | undefined = element;
  while (found && found.$type !== type) found = found.$parent as Moddle | undefined;
  return found;
}

/** The root elements of one type, by name. */
export function rootsOf(element: Moddle, type: string): Moddle[] {
  const roots = listOf<Moddle>(definitionsOf(element)?.get("rootElements"));
  return roots.filter((each) => each.$type === type).sort((one, other) => nameOf(one).localeCompare(nameOf(other)));
}

export function idOf(element: Moddle | undefined): string {
  return String(element?.get("id") ?? "");
}

/** The word with the first number that gives a name nobody has yet. */
export function freeName(word: string, names: readonly string[], space = " "): string {
  let number = 1;
  const named = () => (number === 1 && !space ? word : `${word}${space}${number}`);
  while (names.includes(named())) number += 1;
  return named();
}

const keys = new WeakMap<Moddle, string>();
let keyed = 0;

/** What tells the element from all others as long as the file is open, whether or not it has an id. */
export function keyOf(element: Moddle): string {
  const known = keys.get(element) ?? `${element.$type.replace(/^\w+:/, "")}-${++keyed}`;
  keys.set(element, known);
  return known;
}

/** Lets the panel take one element for the other, whose place it takes: what was open stays open. */
export function takePlace<T extends Moddle>(element: T, other: Moddle): T {
  keys.set(element, keyOf(other));
  return element;
}

/** What a reader knows the element by. */
export function nameOf(element: Moddle | undefined): string {
  return String(element?.get("name") || "") || idOf(element);
}

/** The element and all that stands in it, without its picture and its extensions. */
export function* everythingIn(element: Moddle): Generator<Moddle> {
  yield element;
  for (const property of descriptorOf(element)) {
    if (
      property.isReference ||
      property.isVirtual ||
      property.isAttr ||
      property.name === "diagrams" ||
      property.name === "extensionElements"
    )
      continue;
    const value = element[property.name];
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child === "object" && "$type" in child) yield* everythingIn(child as Moddle);
    }
  }
}

/** The names of the properties by which the element refers to others. */
export function referencesOf(element: Moddle): string[] {
  return descriptorOf(element)
    .filter((property) => property.isReference && !property.isVirtual && element[property.name] !== undefined)
    .map((property) => property.name);
}

function descriptorOf(element: Moddle) {
  const descriptor = (element as Described).$descriptor;
  return descriptor && !descriptor.isGeneric ? descriptor.properties : [];
}
