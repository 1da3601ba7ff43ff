import ModdleCopy from "bpmn-js/lib/features/copy-paste/ModdleCopy";
import DataInputAssociationBehavior from "bpmn-js/lib/features/modeling/behavior/DataInputAssociationBehavior";
import { expect, it } from "vitest";
import type { Create, Moddle } from "../standardFields";
import { keepDataEnds } from "./arrows";
import { Copies } from "./copying";
import { itemsOf } from "./fields";
import { type OpenedFile, openFile } from "./openedFile";

const FILE =
  '<bpmn:process id="p"><bpmn:dataObject id="order" name="order"/><bpmn:dataObjectReference id="drawn" name="order" dataObjectRef="order"/><bpmn:userTask id="t"/></bpmn:process>' +
  '<bpmn:resource id="sales" name="sales"/><bpmn:itemDefinition id="item" structureRef="Order"/>';

/** A copy of the element, as one of another type, in its place. */
function replaced(file: OpenedFile, type: string): Moddle {
  const { eventBus, factory, moddle, definitions } = file.parts;
  const copier = new ModdleCopy(eventBus as never, factory as never, moddle as never) as unknown as {
    copyElement(one: Moddle, other: Moddle): Moddle;
  };
  new Copies(eventBus, factory as unknown as { create: Create }, moddle, { getDefinitions: () => definitions });
  const original = file.element("t");
  const copy = copier.copyElement(original, factory.create(type, { id: "copy" }) as unknown as Moddle);
  const elements = itemsOf(original.$parent as Moddle, "flowElements");
  elements.splice(elements.indexOf(original), 1, copy);
  copy.$parent = original.$parent;
  return copy;
}

it("a task that becomes one of another type keeps its data, with ids and references of its own", async () => {
  const file = await openFile(FILE);
  file.list("t", "Data inputs").add();
  file.list("t", "Data inputs").add();
  file.list("t", "Data inputs").field(0, "Item definition").choose("Order");
  file.list("t", "Data outputs").add();
  file.list("t", "Input sets").add();
  file.list("t", "Input sets").field(1, "input2").choose("optional");
  file.list("t", "Input sets").field(1, "Leads to Output set 1").set(true);
  for (const direction of ["input", "output"]) {
    const associations = file.list("t", `Data ${direction} associations`);
    associations.add();
    associations.field(0, "Transformation").set("=order");
    associations.inner(0, "Assignments").add();
    associations.inner(0, "Assignments").field(0, "Write it to").set("order.total");
  }
  file.list("t", "Resource roles").add();
  file.list("t", "Resource roles").field(0, "Resource").choose("sales");
  const before = await file.xml();
  replaced(file, "bpmn:ManualTask");
  const after = await file.xml();
  const task = (xml: string) => /<bpmn:(userTask|manualTask) .*<\/bpmn:\1>/.exec(xml)![0];
  const ids = (text: string) => [...text.matchAll(/ id="(\w{2,})"/g)].map((match) => match[1]!);
  const [original, copy] = [task(before).replace(/(<bpmn:potentialOwner) id="\w+"/, "$1"), task(after)];
  expect(ids(copy).filter((id) => original.includes(id))).toEqual([]);
  const numbered = (text: string) => ids(text).reduce((left, id, index) => left.replaceAll(id, `#${index}`), text);
  expect(numbered(copy).replaceAll("manualTask", "userTask")).toBe(numbered(original));
});

it("a sub-process has no data inputs and outputs, whatever it comes from", async () => {
  const file = await openFile(FILE);
  file.list("t", "Data inputs").add();
  file.list("t", "Properties").add();
  expect(replaced(file, "bpmn:SubProcess").get("ioSpecification")).toBeUndefined();
  expect(await file.xml()).toMatch(/<bpmn:subProcess id="t"><bpmn:property id="\w+" name="property" \/><\/bpmn:subProcess>/);
});

it("an arrow that moves with its task leads to the same data input as before", async () => {
  const file = await openFile(FILE);
  const { eventBus, factory } = file.parts;
  new DataInputAssociationBehavior(eventBus as never, factory as never);
  keepDataEnds(eventBus);
  file.list("t", "Data inputs").add();
  file.list("t", "Data input associations").add();
  const before = await file.xml();
  const task = file.element("t");
  const [association] = itemsOf(task, "dataInputAssociations");
  const context = {
    connection: { businessObject: association, source: { businessObject: file.element("drawn") }, target: { businessObject: task } },
  };
  eventBus.fire("commandStack.connection.move.executed", { context });
  expect(await file.xml()).toBe(before);
  eventBus.fire("commandStack.connection.move.reverted", { context });
  expect(await file.xml()).toBe(before);
});
