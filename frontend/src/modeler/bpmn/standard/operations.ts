/** Interfaces and their operations among the root elements, and who refers to an operation (BPMN 2.0, 8.4.4, 10.2.3). */

import type { Moddle } from "../standardFields";
import type { Edit } from "./edit";
import { type Choice, type Field, itemsOf, type List, selectField, textField } from "./fields";
import { anyRoot, MAKE, madeRoot, referenceFields, rootCalled, rootChoices } from "./references";
import { freeName, idOf, keyOf, nameOf, rootsOf } from "./tree";

const CALLERS = new Set(["bpmn:ServiceTask", "bpmn:SendTask", "bpmn:ReceiveTask", "bpmn:MessageEventDefinition"]);

/** Which operation a task or message event calls, where it can call one. */
export function operationFields(id: string, holder: Moddle): Field[] {
  if (!CALLERS.has(holder.$type)) return [];
  const operations = rootsOf(holder, "bpmn:Interface").flatMap((each) => itemsOf(each, "operations"));
  const choices: Choice[] = operations.map((each) => ({ value: idOf(each), label: `${nameOf(each.$parent as Moddle)}: ${nameOf(each)}` }));
  const set = (edit: Edit, chosen: string) =>
    edit.set(holder, "operationRef", chosen === MAKE ? madeInterface(edit, holder) : operations.find((each) => idOf(each) === chosen));
  return [
    selectField(
      id,
      "Operation",
      [{ value: "", label: "none" }, { value: MAKE, label: "Create new ..." }, ...choices],
      () => idOf(holder.get("operationRef") as Moddle | undefined),
      set,
      { description: "Of an interface of the file, which the process itself lists; it says which messages go in and out." },
    ),
  ];
}

export function interfaceList(root: Moddle): List {
  return {
    id: "standard-interfaces",
    label: "Interfaces",
    description: "Services that the tasks of the file call, with their operations.",
    kind: "list",
    items: rootsOf(root, "bpmn:Interface"),
    describe: (found) => ({
      label: nameOf(found),
      fields: [textField(`${keyOf(found)}-name`, "Name", found, "name"), operationList(found)],
    }),
    add: (edit) => void madeInterface(edit, root),
    remove: (edit, found) => {
      for (const operation of itemsOf(found, "operations")) edit.release(operation);
      edit.release(found);
      edit.remove(found.$parent as Moddle, "rootElements", found);
    },
  };
}

/** The operation of a new interface, which cannot be without one. */
function madeInterface(edit: Edit, element: Moddle): Moddle {
  return madeOperation(edit, madeRoot(edit, element, "bpmn:Interface"), anyRoot(edit, element, "bpmn:Message"));
}

function madeOperation(edit: Edit, holder: Moddle, inMessageRef: Moddle): Moddle {
  const made = edit.add(holder, "operations", "bpmn:Operation", { inMessageRef });
  edit.set(made, "name", freeName("Operation", itemsOf(holder, "operations").map(nameOf)));
  return made;
}

function operationList(holder: Moddle): List {
  const operations = itemsOf(holder, "operations");
  return {
    id: `${keyOf(holder)}-operations`,
    label: "Operations",
    kind: "list",
    items: operations,
    describe: (operation) => ({ label: nameOf(operation), stays: operations.length === 1, fields: fieldsOf(operation) }),
    add: (edit) => void madeOperation(edit, holder, anyRoot(edit, holder, "bpmn:Message")),
    remove: (edit, operation) => {
      edit.release(operation);
      edit.remove(holder, "operations", operation);
    },
  };
}

function fieldsOf(operation: Moddle): (Field | List)[] {
  const id = keyOf(operation);
  return [
    textField(`${id}-name`, "Name", operation, "name"),
    ...referenceFields(`${id}-in`, "Message in", operation, "inMessageRef", "bpmn:Message", "What the caller sends."),
    ...referenceFields(`${id}-out`, "Message out", operation, "outMessageRef", "bpmn:Message", "What comes back, where anything does."),
    errorList(operation),
  ];
}

function errorList(operation: Moddle): List {
  const errors = itemsOf(operation, "errorRef");
  const free = () => rootsOf(operation, "bpmn:Error").find((each) => !errors.includes(each));
  return {
    id: `${keyOf(operation)}-errors`,
    label: "Errors",
    kind: "list",
    items: errors,
    describe: (error, index) => ({ label: nameOf(error), fields: errorFields(`${keyOf(operation)}-error-${index}`, operation, error) }),
    add: (edit) => edit.append(operation, "errorRef", free() ?? madeRoot(edit, operation, "bpmn:Error")),
    remove: (edit, error) => edit.remove(operation, "errorRef", error),
  };
}

function errorFields(id: string, operation: Moddle, error: Moddle): Field[] {
  const listed = itemsOf(operation, "errorRef");
  const choices = rootChoices(operation, "bpmn:Error").filter(
    ({ value }) => value === idOf(error) || !listed.some((each) => idOf(each) === value),
  );
  return [
    selectField(
      id,
      "Error",
      choices,
      () => idOf(error),
      (edit, chosen) => edit.replace(operation, "errorRef", error, rootCalled(operation, "bpmn:Error", chosen) ?? error),
    ),
    textField(`${id}-name`, "Error name", error, "name"),
    textField(`${id}-code`, "Error code", error, "errorCode"),
  ];
}
