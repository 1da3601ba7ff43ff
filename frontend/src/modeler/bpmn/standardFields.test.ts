import { BpmnModdle } from "bpmn-moddle";
import { expect, it } from "vitest";
import { changeOf, FIELDS, type Moddle, problemOf, valueOf } from "./standardFields";

/** The library is written in JavaScript, and its types leave out what it inherits. */
const moddle = new BpmnModdle() as unknown as {
  create(type: string, attributes: object): Moddle;
  toXML(element: Moddle): Promise<{ xml: string }>;
};
const create = (type: string, attributes: object) => moddle.create(type, attributes);
const fieldOf = (property: string, element: Moddle) => FIELDS.find((field) => field.property === property && field.holder(element))!;
const shownFor = (element: Moddle) => FIELDS.filter((field) => field.holder(element)).map((field) => field.property);

function set(element: Moddle, property: string, value: unknown): void {
  const change = changeOf(fieldOf(property, element), element, value, create)!;
  for (const [name, next] of Object.entries(change.properties))
    (change.moddleElement as unknown as { set(name: string, value: unknown): void }).set(name, next);
}

async function xmlOf(element: Moddle): Promise<string> {
  return (await moddle.toXML(element)).xml;
}

it("each element shows the fields that mean something to it", () => {
  expect(shownFor(create("bpmn:UserTask", {}))).toEqual(["startQuantity", "completionQuantity"]);
  expect(shownFor(create("bpmn:ComplexGateway", {}))).toEqual(["activationCondition"]);
  expect(shownFor(create("bpmn:ExclusiveGateway", {}))).toEqual([]);
  expect(shownFor(create("bpmn:SubProcess", { triggeredByEvent: true }))).toEqual([]);
  expect(shownFor(create("bpmn:AdHocSubProcess", {}))).toEqual(["ordering", "startQuantity", "completionQuantity"]);
  const looped = create("bpmn:ServiceTask", { loopCharacteristics: create("bpmn:StandardLoopCharacteristics", {}) });
  expect(shownFor(looped)).toEqual(["loopCondition", "loopMaximum", "testBefore", "startQuantity", "completionQuantity"]);
});

it("a gateway that starts the process may wait for all of its events", () => {
  const gateway = create("bpmn:EventBasedGateway", {});
  expect(shownFor(gateway)).toEqual(["instantiate"]);
  set(gateway, "instantiate", true);
  expect(shownFor(gateway)).toEqual(["instantiate", "eventGatewayType"]);
  expect(shownFor(create("bpmn:EventBasedGateway", { incoming: [create("bpmn:SequenceFlow", {})] }))).toEqual([]);
});

it("only a catching event with several definitions may wait for all of them", () => {
  const both = [create("bpmn:MessageEventDefinition", {}), create("bpmn:SignalEventDefinition", {})];
  expect(shownFor(create("bpmn:IntermediateCatchEvent", { eventDefinitions: both }))).toEqual(["parallelMultiple"]);
  expect(shownFor(create("bpmn:IntermediateCatchEvent", { eventDefinitions: both.slice(1) }))).toEqual([]);
  expect(shownFor(create("bpmn:EndEvent", { eventDefinitions: both }))).toEqual([]);
});

it("what is set is in the file, and what is emptied is not", async () => {
  const task = create("bpmn:ServiceTask", { id: "t", loopCharacteristics: create("bpmn:StandardLoopCharacteristics", {}) });
  set(task, "loopCondition", "=n < 3");
  set(task, "loopMaximum", "5");
  set(task, "testBefore", true);
  set(task, "startQuantity", "2");
  const xml = await xmlOf(task);
  expect(xml).toContain('startQuantity="2"');
  expect(xml).toContain('testBefore="true"');
  expect(xml).toContain('loopMaximum="5"');
  expect(xml).toMatch(/<bpmn:loopCondition[^>]*>=n &lt; 3<\/bpmn:loopCondition>/);
  expect(valueOf(fieldOf("loopCondition", task), task)).toBe("=n < 3");
  set(task, "loopCondition", "");
  set(task, "startQuantity", "");
  const emptied = await xmlOf(task);
  expect(emptied).not.toContain("loopCondition");
  expect(emptied).not.toContain("startQuantity");
});

it("a number is a whole number from 1", () => {
  const field = fieldOf("startQuantity", create("bpmn:Task", {}));
  expect([problemOf(field, "3"), problemOf(field, ""), problemOf(field, undefined)]).toEqual([null, null, null]);
  for (const wrong of ["0", "-1", "1.5", "two"]) expect(problemOf(field, wrong)).toContain("whole number");
});
