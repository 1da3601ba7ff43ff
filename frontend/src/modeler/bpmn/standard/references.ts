/** References to what stands among the root elements of a file: chosen, or made on the spot, with the fields of what is referred to. */

import type { Moddle } from "../standardFields";
import type { Edit } from "./edit";
import { checkboxField, type Choice, type Field, selectField, textField } from "./fields";
import { definitionsOf, freeName, idOf, nameOf, rootsOf } from "./tree";

/** No id: it has a space. */
export const MAKE = "make new";

const DETAILS: Record<string, (id: string, referred: Moddle) => Field[]> = {
  "bpmn:Message": (id, message) => [{ ...textField(`${id}-name`, "Message name", message, "name"), kind: "feel", feel: "optional" }],
  "bpmn:Signal": (id, signal) => [{ ...textField(`${id}-name`, "Signal name", signal, "name"), kind: "feel", feel: "optional" }],
  "bpmn:Error": (id, error) => [
    textField(`${id}-name`, "Error name", error, "name"),
    textField(`${id}-code`, "Error code", error, "errorCode"),
  ],
  "bpmn:Escalation": (id, escalation) => [
    textField(`${id}-name`, "Escalation name", escalation, "name"),
    textField(`${id}-code`, "Escalation code", escalation, "escalationCode"),
  ],
  "bpmn:ItemDefinition": itemDefinitionFields,
};

export function itemDefinitionFields(id: string, definition: Moddle): Field[] {
  return [
    textField(`${id}-structure`, "Structure", definition, "structureRef", {
      description: "The name of its type, such as Order or xsd:string.",
    }),
    checkboxField(`${id}-collection`, "It is a list of these", definition, "isCollection"),
  ];
}

/** How an item definition is called: by its structure, as it has no name. */
export function itemLabel(definition: Moddle): string {
  return String(definition.get("structureRef") || "") || idOf(definition);
}

/** The field that chooses, and those of what is chosen. */
export function referenceFields(id: string, label: string, holder: Moddle, property: string, type: string, description?: string): Field[] {
  const referred = holder.get(property) as Moddle | undefined;
  return [referenceField(id, label, holder, property, type, description), ...(referred ? (DETAILS[type]?.(id, referred) ?? []) : [])];
}

function referenceField(id: string, label: string, holder: Moddle, property: string, type: string, description?: string): Field {
  return selectField(
    id,
    label,
    [{ value: "", label: "none" }, { value: MAKE, label: "Create new ..." }, ...rootChoices(holder, type)],
    () => idOf(holder.get(property) as Moddle | undefined),
    (edit, chosen) => edit.set(holder, property, chosen === MAKE ? madeRoot(edit, holder, type) : rootCalled(holder, type, chosen)),
    { description },
  );
}

export function rootChoices(element: Moddle, type: string): Choice[] {
  const labelOf = type === "bpmn:ItemDefinition" ? itemLabel : nameOf;
  return rootsOf(element, type).map((root) => ({ value: idOf(root), label: labelOf(root) }));
}

export function rootCalled(element: Moddle, type: string, id: string): Moddle | undefined {
  return rootsOf(element, type).find((root) => idOf(root) === id);
}

/** Roots that are known within their file alone; others are found by their names from elsewhere, and are called by their ids at first. */
const NUMBERED: Record<string, string> = {
  "bpmn:CorrelationProperty": "Correlation property",
  "bpmn:Interface": "Interface",
  "bpmn:Resource": "Resource",
};

/** A new root element, with a name until somebody gives it a better one. */
export function madeRoot(edit: Edit, element: Moddle, type: string): Moddle {
  const definitions = definitionsOf(element);
  if (!definitions) throw new Error(`Expected ${idOf(element)} to stand in a file`);
  const made = edit.add(definitions, "rootElements", type);
  const word = NUMBERED[type];
  const names = rootsOf(element, type).map(nameOf);
  if (type !== "bpmn:ItemDefinition") edit.set(made, "name", word ? freeName(word, names) : idOf(made));
  return made;
}

/** One of the type, the first of the file or a new one, where the standard demands that there is one. */
export function anyRoot(edit: Edit, element: Moddle, type: string): Moddle {
  return rootsOf(element, type)[0] ?? madeRoot(edit, element, type);
}
