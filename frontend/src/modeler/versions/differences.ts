import { diff } from "bpmn-js-differ";
import { BpmnModdle } from "bpmn-moddle";
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";
import { typeInWords } from "../bpmn/outline";

export type Kind = "added" | "removed" | "changed" | "moved";

export interface Difference {
  elementId: string;
  kind: Kind;
  name: string;
  type: string;
  /** The properties that differ, for a change. */
  properties: string[];
}

const ORDER: Record<Kind, number> = { removed: 0, added: 1, changed: 2, moved: 3 };

/** What is different in meaning and in picture between two diagrams; an element counts once, by the weightier difference. */
export async function differencesOf(before: string, after: string): Promise<Difference[]> {
  const [old, now] = await Promise.all([read(before), read(after)]);
  const found = diff(old, now);
  const differences = new Map<string, Difference>();
  const add = (kind: Kind, element: { id: string; $type: string; name?: string }, properties: string[] = []) => {
    if (!element.id || differences.has(element.id)) return;
    differences.set(element.id, {
      elementId: element.id,
      kind,
      name: element.name?.replace(/\s+/g, " ") || element.id,
      type: typeInWords(element),
      properties,
    });
  };
  for (const element of Object.values(found._removed)) add("removed", element);
  for (const element of Object.values(found._added)) add("added", element);
  for (const [id, { model, attrs }] of Object.entries(found._changed)) {
    add("changed", { ...pick(model), id }, Object.keys(attrs).map(propertyInWords).filter(unique));
  }
  for (const element of Object.values(found._layoutChanged)) add("moved", element);
  return [...differences.values()].sort((a, b) => ORDER[a.kind] - ORDER[b.kind] || a.name.localeCompare(b.name));
}

/** Class names for the elements of one of the two pictures: what was removed is only in the old one, what was added in the new. */
export function markersOf(differences: readonly Difference[]): Record<string, string[]> {
  return Object.fromEntries(differences.map(({ elementId, kind }) => [elementId, [`sw-diff-${kind}`]]));
}

async function read(xml: string): Promise<object> {
  const { rootElement } = await new BpmnModdle({ zeebe }).fromXML(xml);
  return rootElement;
}

function pick({ id, $type, name }: { id: string; $type: string; name?: string }) {
  return { id, $type, name };
}

/** "extensionElements.values[0].type" → "type". */
function propertyInWords(path: string): string {
  const last =
    path
      .replace(/\[\d+\]|\.\d+/g, "")
      .split(".")
      .at(-1) ?? path;
  return last === "values" || last === "extensionElements" ? "settings" : last.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

function unique(value: string, index: number, all: string[]): boolean {
  return all.indexOf(value) === index;
}
