/** Which lists the panel shows for what is selected. */

import type { Moddle } from "../standardFields";
import { correlationKeyList, correlationPropertyList, correlationSubscriptionList } from "./correlation";
import { dataAssociationList } from "./dataAssociations";
import { dataItemList, propertyList } from "./dataItems";
import { dataSetList } from "./dataSets";
import { eventDefinitionList } from "./eventDefinitions";
import type { List } from "./fields";
import { interfaceList } from "./operations";
import { itemDefinitionFields, itemLabel, madeRoot } from "./references";
import { resourceList, resourceRoleList } from "./resources";
import { keyOf, rootsOf } from "./tree";

const ROOTS = new Set(["bpmn:Process", "bpmn:Collaboration"]);

/** Of the element itself; of the process, where a pool shows one; and of the file, where its whole drawing is selected. */
export function listsOf(selected: Moddle): List[] {
  const element = selected.$type === "bpmn:Participant" ? (selected.get("processRef") as Moddle | undefined) : selected;
  const own = element ? ofElement(element) : [];
  const file = ROOTS.has(selected.$type) ? ofFile(selected) : [];
  return [...own, ...file].filter((list) => list !== null);
}

function ofElement(element: Moddle): (List | null)[] {
  return [
    eventDefinitionList(element),
    resourceRoleList(element),
    dataItemList(element, "input"),
    dataAssociationList(element, "input"),
    dataItemList(element, "output"),
    dataAssociationList(element, "output"),
    dataSetList(element, "input"),
    dataSetList(element, "output"),
    propertyList(element),
    element.$type === "bpmn:Process" ? correlationSubscriptionList(element) : null,
  ];
}

function ofFile(root: Moddle): List[] {
  return [correlationKeyList(root), correlationPropertyList(root), interfaceList(root), resourceList(root), itemDefinitionList(root)];
}

function itemDefinitionList(root: Moddle): List {
  return {
    id: "standard-itemDefinitions",
    label: "Item definitions",
    description: "Structures of data and messages. They are compared where the standard demands that they agree.",
    kind: "list",
    items: rootsOf(root, "bpmn:ItemDefinition"),
    describe: (definition) => ({ label: itemLabel(definition), fields: itemDefinitionFields(keyOf(definition), definition) }),
    add: (edit) => void madeRoot(edit, root, "bpmn:ItemDefinition"),
    remove: (edit, definition) => {
      edit.release(definition);
      edit.remove(definition.$parent as Moddle, "rootElements", definition);
    },
  };
}
