/** Data inputs, data outputs and properties: the variables that an element declares (BPMN 2.0, 10.3.1). */

import type { Moddle } from "../standardFields";
import { removeAssociationsOf } from "./dataAssociations";
import { dataOf, type Direction, holderOf, isEvent, isPlaceholder, isSpecified, WORDS } from "./dataHolders";
import type { Edit } from "./edit";
import { checkboxField, type Item, itemsOf, type List, textField } from "./fields";
import { referenceFields } from "./references";
import { freeName, keyOf, nameOf } from "./tree";

const PURPOSES = {
  input: "What the element needs. Each is a variable of its own, which an association fills.",
  output: "What the element gives. Each is a variable of its own, which an association takes out.",
};

export function dataItemList(element: Moddle, direction: Direction): List | null {
  if (holderOf(element, direction) === null) return null;
  const words = WORDS[direction];
  return {
    id: `standard-${words.items}`,
    label: words.label,
    description: PURPOSES[direction],
    kind: "list",
    items: dataOf(element, direction),
    describe: describedItem,
    add: (edit) => void addData(edit, element, direction),
    remove: (edit, item) => removeData(edit, element, direction, item),
  };
}

function describedItem(item: Moddle): Item {
  const id = keyOf(item);
  const collection = item.$type === "bpmn:Property" ? [] : [checkboxField(`${id}-collection`, "It is a list", item, "isCollection")];
  return {
    label: nameOf(item),
    fields: [
      textField(`${id}-name`, "Variable name", item, "name"),
      ...collection,
      ...referenceFields(`${id}-item`, "Item definition", item, "itemSubjectRef", "bpmn:ItemDefinition"),
    ],
  };
}

function addData(edit: Edit, element: Moddle, direction: Direction): Moddle {
  const words = WORDS[direction];
  const holder = isSpecified(element) ? specificationOf(edit, element) : element;
  const made = edit.add(holder, words.items, words.type);
  const names = [...dataOf(element, "input"), ...dataOf(element, "output")].map(nameOf);
  edit.set(made, "name", freeName(direction, names, ""));
  const first = isSpecified(element)
    ? edit.list(holder, words.sets)[0]
    : edit.get(holder, direction === "input" ? "inputSet" : "outputSet");
  if (first) edit.append(first, words.refs, made);
  return made;
}

/** The ioSpecification, which has a set of each kind, even where one is empty. */
function specificationOf(edit: Edit, element: Moddle): Moddle {
  const known = edit.get(element, "ioSpecification");
  const specification = known ?? edit.make("bpmn:InputOutputSpecification", element);
  if (!known) edit.set(element, "ioSpecification", specification);
  for (const { sets, setType } of [WORDS.input, WORDS.output]) {
    if (edit.list(specification, sets).length === 0) edit.add(specification, sets, setType);
  }
  return specification;
}

/** The associations of the data go with it, and the ioSpecification with the last. */
function removeData(edit: Edit, element: Moddle, direction: Direction, item: Moddle): void {
  const words = WORDS[direction];
  const holder = holderOf(element, direction);
  if (!holder) return;
  removeAssociationsOf(edit, element, item);
  edit.release(item);
  edit.remove(holder, words.items, item);
  if (holder === element) {
    if (edit.list(element, words.items).length === 0) edit.set(element, direction === "input" ? "inputSet" : "outputSet", undefined);
  } else if (
    [WORDS.input, WORDS.output].every(({ items, sets }) => edit.list(holder, items).length === 0 && edit.list(holder, sets).length < 2)
  ) {
    edit.set(element, "ioSpecification", undefined);
  }
}

/** Properties in the standard's sense: variables that live as long as what declares them. */
export function propertyList(element: Moddle): List | null {
  if (!isEvent(element) && !/^bpmn:(\w*Task|CallActivity|\w*SubProcess|Transaction|Process)$/.test(element.$type)) return null;
  return {
    id: "standard-properties",
    label: "Properties",
    description: "Variables that live as long as the element itself.",
    kind: "list",
    items: itemsOf(element, "properties").filter((each) => !isPlaceholder(each)),
    describe: describedItem,
    add: (edit) => {
      const made = edit.add(element, "properties", "bpmn:Property");
      edit.set(made, "name", freeName("property", itemsOf(element, "properties").map(nameOf), ""));
    },
    remove: (edit, property) => {
      removeAssociationsOf(edit, element, property);
      edit.release(property);
      edit.remove(element, "properties", property);
    },
  };
}
