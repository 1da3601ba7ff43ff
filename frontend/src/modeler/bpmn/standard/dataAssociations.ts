/** Associations that bring data into an activity or event and take it out (BPMN 2.0, 10.3.1), drawn as arrows or not. */

import type { Moddle } from "../standardFields";
import { dataOf, type Direction, holderOf, isEvent, isPlaceholder, PLACEHOLDER } from "./dataHolders";
import type { Edit } from "./edit";
import { bodyOf, type Choice, expressionField, type Field, itemsOf, type List, selectField, textOf } from "./fields";
import { definitionsOf, everythingIn, idOf, keyOf, nameOf } from "./tree";

const WORDS = {
  input: { type: "bpmn:DataInputAssociation", property: "dataInputAssociations", label: "Data input associations" },
  output: { type: "bpmn:DataOutputAssociation", property: "dataOutputAssociations", label: "Data output associations" },
} as const;
const PURPOSES = {
  input: "What is brought in when the element begins.",
  output: "What is taken out when the element ends.",
};
const OWNERS = /^bpmn:(\w*Task|CallActivity|\w*SubProcess|Transaction)$/;

export function dataAssociationList(element: Moddle, direction: Direction): List | null {
  const carries = OWNERS.test(element.$type)
    ? element.triggeredByEvent !== true
    : isEvent(element) && holderOf(element, direction) !== null;
  if (!carries) return null;
  const words = WORDS[direction];
  return {
    id: `standard-${words.property}`,
    label: words.label,
    description: PURPOSES[direction],
    kind: "list",
    items: itemsOf(element, words.property),
    describe: (association) => ({
      label: labelOf(association),
      // An arrow is taken away where it is drawn.
      stays: isDrawn(association),
      fields: associationFields(association),
    }),
    add: (edit) => addAssociation(edit, element, direction),
    remove: (edit, association) => removeAssociation(edit, element, association),
  };
}

const sourcesOf = (association: Moddle) => itemsOf(association, "sourceRef");
const targetOf = (association: Moddle) => association.get("targetRef") as Moddle | undefined;
const directionOf = (association: Moddle): Direction => (association.$type === WORDS.input.type ? "input" : "output");

function labelOf(association: Moddle): string {
  const sources = sourcesOf(association).map(nameOf).join(", ") || "nothing";
  return isPlaceholder(targetOf(association)) ? sources : `${sources} → ${nameOf(targetOf(association)) || "nothing"}`;
}

export function isDrawn(association: Moddle): boolean {
  const diagrams = itemsOf(definitionsOf(association), "diagrams");
  return diagrams.some((each) =>
    itemsOf(each.get("plane") as Moddle | undefined, "planeElement").some((edge) => edge.get("bpmnElement") === association),
  );
}

/** The fields of an association, whether its element is selected or its arrow. What an arrow connects, the drawing says. */
export function associationFields(association: Moddle): (Field | List)[] {
  const element = association.$parent as Moddle;
  const inward = directionOf(association) === "input";
  const drawn = isDrawn(association);
  const id = keyOf(association);
  const far = dataInScope(element, inward);
  const near = [...dataOf(element, inward ? "input" : "output"), ...itemsOf(element, "properties").filter((each) => !isPlaceholder(each))];
  const details = drawn ? { disabled: true, description: "As the arrow is drawn." } : {};
  const source = (choices: Moddle[], more = {}): Field =>
    selectField(
      `${id}-source`,
      "From",
      choicesOf("nothing", choices, sourcesOf(association)),
      () => idOf(sourcesOf(association)[0]),
      (edit, chosen) => {
        const found = choices.find((each) => idOf(each) === chosen);
        edit.set(association, "sourceRef", [...(found ? [found] : []), ...sourcesOf(association).slice(1)]);
      },
      more,
    );
  const target = (choices: Moddle[], more = {}): Field =>
    selectField(
      `${id}-target`,
      "To",
      choicesOf(inward ? "nothing of its own" : "nothing", choices, isPlaceholder(targetOf(association)) ? [] : [targetOf(association)]),
      () => (isPlaceholder(targetOf(association)) ? "" : idOf(targetOf(association))),
      (edit, chosen) =>
        aim(
          edit,
          element,
          association,
          choices.find((each) => idOf(each) === chosen),
        ),
      more,
    );
  return [
    ...(inward
      ? [
          source(far, details),
          ...moreSources(association, far),
          target(near, { description: isPlaceholder(targetOf(association)) ? "The element reads the data where it is." : undefined }),
        ]
      : [source(near), target(far, details)]),
    expressionField(`${id}-transformation`, "Transformation", association, "transformation", {
      description: "What is written instead of a plain copy.",
    }),
    assignmentList(association),
  ];
}

function choicesOf(none: string, items: readonly Moddle[], present: readonly (Moddle | undefined)[]): Choice[] {
  const others = present.filter((each): each is Moddle => each !== undefined && !items.includes(each));
  return [{ value: "", label: none }, ...[...items, ...others].map((each) => ({ value: idOf(each), label: nameOf(each) }))];
}

/** Data that stands around the element: what it may read, or write. A data object that is drawn is known by its references. */
function dataInScope(element: Moddle, reads: boolean): Moddle[] {
  const found: Moddle[] = [];
  let scope = element.$parent as Moddle | undefined;
  for (; scope && scope.$type !== "bpmn:Definitions"; scope = scope.$parent as Moddle | undefined) {
    const inner = itemsOf(scope, "flowElements");
    const references = inner.filter((each) => /^bpmn:Data(Object|Store)Reference$/.test(each.$type));
    const hidden = inner.filter(
      (each) => each.$type === "bpmn:DataObject" && !references.some((reference) => reference.get("dataObjectRef") === each),
    );
    found.push(...references, ...hidden, ...itemsOf(scope, "properties").filter((each) => !isPlaceholder(each)));
    if (scope.$type === "bpmn:Process") found.push(...dataOf(scope, reads ? "input" : "output"));
  }
  return found;
}

/** Several sources are joined by a transformation or by assignments. */
function moreSources(association: Moddle, choices: readonly Moddle[]): List[] {
  const [first, ...more] = sourcesOf(association);
  const free = choices.find((each) => each !== first && !more.includes(each));
  if (!first || (!free && more.length === 0)) return [];
  return [
    {
      id: `${keyOf(association)}-sources`,
      label: "More sources",
      kind: "list",
      items: more,
      describe: (source, index) => ({
        label: nameOf(source),
        fields: [
          selectField(
            `${keyOf(association)}-source-${index}`,
            "From",
            [source, ...choices.filter((each) => each !== first && !more.includes(each))].map((each) => ({
              value: idOf(each),
              label: nameOf(each),
            })),
            () => idOf(source),
            (edit, chosen) => edit.replace(association, "sourceRef", source, choices.find((each) => idOf(each) === chosen) ?? source),
          ),
        ],
      }),
      add: (edit) => free && edit.append(association, "sourceRef", free),
      remove: (edit, source) => edit.remove(association, "sourceRef", source),
    },
  ];
}

function assignmentList(association: Moddle): List {
  return {
    id: `${keyOf(association)}-assignments`,
    label: "Assignments",
    kind: "list",
    items: itemsOf(association, "assignment"),
    describe: (assignment) => ({ label: bodyOf(assignment, "to"), fields: assignmentFields(assignment) }),
    add: (edit) => edit.add(association, "assignment", "bpmn:Assignment"),
    remove: (edit, assignment) => edit.remove(association, "assignment", assignment),
  };
}

function assignmentFields(assignment: Moddle): Field[] {
  const id = keyOf(assignment);
  return [
    expressionField(`${id}-from`, "Value", assignment, "from"),
    {
      id: `${id}-to`,
      label: "Write it to",
      kind: "text",
      description: "A variable, or a part of one: order.total",
      get: () => bodyOf(assignment, "to"),
      set: (edit, value) => {
        const body = textOf(value);
        edit.set(assignment, "to", body ? edit.make("bpmn:FormalExpression", assignment, { body }) : undefined);
      },
    },
  ];
}

function addAssociation(edit: Edit, element: Moddle, direction: Direction): void {
  const words = WORDS[direction];
  const made = edit.add(element, words.property, words.type);
  const near = dataOf(element, direction);
  const served = itemsOf(element, words.property).flatMap((each) => [...sourcesOf(each), targetOf(each)]);
  const own = near.find((each) => !served.includes(each)) ?? near[0];
  const [other] = dataInScope(element, direction === "input");
  const source = direction === "input" ? other : own;
  edit.set(made, "sourceRef", source ? [source] : []);
  aim(edit, element, made, direction === "input" ? own : other);
}

/** Points an association at its target; one into an activity has always one, if need be bpmn-js's placeholder. */
function aim(edit: Edit, element: Moddle, association: Moddle, target: Moddle | undefined): void {
  const before = edit.get(association, "targetRef");
  if (target || directionOf(association) === "output") edit.set(association, "targetRef", target);
  else
    edit.set(
      association,
      "targetRef",
      edit.list(element, "properties").find(isPlaceholder) ?? edit.add(element, "properties", "bpmn:Property", { name: PLACEHOLDER }),
    );
  dropPlaceholder(edit, element, before);
}

function dropPlaceholder(edit: Edit, element: Moddle, placeholder: Moddle | undefined): void {
  if (!placeholder || !isPlaceholder(placeholder)) return;
  const used = edit.list(element, WORDS.input.property).some((each) => edit.get(each, "targetRef") === placeholder);
  if (!used) edit.remove(element, "properties", placeholder);
}

function removeAssociation(edit: Edit, element: Moddle, association: Moddle): void {
  edit.remove(element, WORDS[directionOf(association)].property, association);
  dropPlaceholder(edit, element, targetOf(association));
}

/** What ends in data that is about to go; an arrow stays, and leads to the element itself. */
export function removeAssociationsOf(edit: Edit, element: Moddle, item: Moddle): void {
  const scope = definitionsOf(element) ?? element;
  for (const association of [...everythingIn(scope)].filter(
    (each) => each.$type === WORDS.input.type || each.$type === WORDS.output.type,
  )) {
    if (targetOf(association) !== item && !sourcesOf(association).includes(item)) continue;
    const owner = association.$parent as Moddle;
    if (!isDrawn(association)) removeAssociation(edit, owner, association);
    else if (targetOf(association) === item) aim(edit, owner, association, undefined);
  }
}
