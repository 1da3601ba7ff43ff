/** Which data inputs belong together, and which data outputs: the sets of an ioSpecification (BPMN 2.0, tables 10.59 to 10.62). */

import type { Moddle } from "../standardFields";
import { type Direction, isSpecified, WORDS } from "./dataHolders";
import type { Edit } from "./edit";
import { type Choice, type Field, itemsOf, type List, selectField, textField } from "./fields";
import { keyOf, nameOf } from "./tree";

const SUBSETS = {
  input: {
    optional: "optionalInputRefs",
    executing: "whileExecutingInputRefs",
    others: "outputSetRefs",
    back: "inputSetRefs",
    label: "Input sets",
    one: "Input set",
  },
  output: {
    optional: "optionalOutputRefs",
    executing: "whileExecutingOutputRefs",
    others: "inputSetRefs",
    back: "outputSetRefs",
    label: "Output sets",
    one: "Output set",
  },
} as const;
const MEMBERSHIPS: Record<Direction, readonly Choice[]> = {
  input: [
    { value: "", label: "not in this set" },
    { value: "in", label: "needed at the start" },
    { value: "optional", label: "optional" },
    { value: "executing", label: "read while it runs" },
    { value: "optional executing", label: "optional, read while it runs" },
  ],
  output: [
    { value: "", label: "not in this set" },
    { value: "in", label: "given at the end" },
    { value: "optional", label: "optional" },
    { value: "executing", label: "written while it runs" },
    { value: "optional executing", label: "optional, written while it runs" },
  ],
};

/** Shown once there is an ioSpecification, which the first data input or output brings. */
export function dataSetList(element: Moddle, direction: Direction): List | null {
  const specification = isSpecified(element) ? (element.get("ioSpecification") as Moddle | undefined) : undefined;
  if (!specification) return null;
  const { sets, setType } = WORDS[direction];
  const items = itemsOf(specification, sets);
  return {
    id: `standard-${sets}`,
    label: SUBSETS[direction].label,
    description:
      direction === "input" ? "Inputs that are enough together for the element to start." : "Outputs that the element gives together.",
    kind: "list",
    items,
    describe: (set, index) => ({
      label: labelOf(set, direction, index),
      stays: items.length === 1,
      fields: [
        textField(`${keyOf(set)}-name`, "Name", set, "name"),
        ...memberFields(specification, set, direction),
        ...pairFields(specification, set, direction),
      ],
    }),
    add: (edit) => edit.add(specification, sets, setType),
    remove: (edit, set) => removeSet(edit, specification, set, direction),
  };
}

const labelOf = (set: Moddle, direction: Direction, index: number) => String(set.get("name") || `${SUBSETS[direction].one} ${index + 1}`);

function memberFields(specification: Moddle, set: Moddle, direction: Direction): Field[] {
  const { items, refs } = WORDS[direction];
  const { optional, executing } = SUBSETS[direction];
  return itemsOf(specification, items).map((item) =>
    selectField(
      `${keyOf(set)}-${keyOf(item)}`,
      nameOf(item),
      MEMBERSHIPS[direction],
      () => {
        const said = [itemsOf(set, optional).includes(item) ? "optional" : "", itemsOf(set, executing).includes(item) ? "executing" : ""]
          .filter(Boolean)
          .join(" ");
        return itemsOf(set, refs).includes(item) ? said || "in" : "";
      },
      (edit, chosen) => {
        put(edit, set, refs, item, chosen !== "");
        put(edit, set, optional, item, chosen.includes("optional"));
        put(edit, set, executing, item, chosen.includes("executing"));
      },
    ),
  );
}

/** Sets name each other, both or neither; said only where there is a choice. */
function pairFields(specification: Moddle, set: Moddle, direction: Direction): Field[] {
  const other: Direction = direction === "input" ? "output" : "input";
  const { others, back } = SUBSETS[direction];
  const paired = itemsOf(specification, WORDS[other].sets);
  if (paired.length < 2 && itemsOf(specification, WORDS[direction].sets).length < 2) return [];
  return paired.map((each, index) => ({
    id: `${keyOf(set)}-${keyOf(each)}`,
    label: direction === "input" ? `Leads to ${labelOf(each, other, index)}` : `Comes from ${labelOf(each, other, index)}`,
    kind: "checkbox",
    get: () => itemsOf(set, others).includes(each),
    set: (edit, value) => {
      put(edit, set, others, each, value === true);
      put(edit, each, back, set, value === true);
    },
  }));
}

function put(edit: Edit, set: Moddle, property: string, item: Moddle, wanted: boolean): void {
  const there = edit.list(set, property).includes(item);
  if (wanted && !there) edit.append(set, property, item);
  if (!wanted && there) edit.remove(set, property, item);
}

/** What was in this set alone goes to the first that is left. */
function removeSet(edit: Edit, specification: Moddle, set: Moddle, direction: Direction): void {
  const { items, sets, refs } = WORDS[direction];
  const left = itemsOf(specification, sets).filter((each) => each !== set);
  const [first] = left;
  if (!first) return;
  edit.release(set);
  edit.remove(specification, sets, set);
  for (const item of itemsOf(specification, items)) {
    if (!left.some((each) => itemsOf(each, refs).includes(item))) edit.append(first, refs, item);
  }
}
