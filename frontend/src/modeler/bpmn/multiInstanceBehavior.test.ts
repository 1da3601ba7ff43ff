import { BpmnModdle } from "bpmn-moddle";
import { expect, it } from "vitest";
import { nameBySchema } from "./schemaNames";
import {
  addedComplexBehavior,
  behaviorChange,
  behaviorOf,
  complexBehaviorsOf,
  conditionChange,
  conditionOf,
  eventChanges,
  eventChoices,
  eventDefinitionOf,
  implicitDefinitionOf,
  implicitEventChanges,
  removedComplexBehavior,
  thrownBy,
} from "./multiInstanceBehavior";
import { type Change, listOf, type Moddle, multiInstance } from "./standardFields";

interface Library {
  create(type: string, attributes: object): Moddle;
  fromXML(xml: string): Promise<{ rootElement: Moddle; elementsById: Record<string, Moddle>; warnings: unknown[] }>;
  toXML(element: Moddle): Promise<{ xml: string }>;
}
/** As the modeler has it. The library is written in JavaScript, and its types leave out what it inherits. */
const moddle = new BpmnModdle() as unknown as Library & Parameters<typeof nameBySchema>[0];
nameBySchema(moddle);
let made = 0;
const create = (type: string, attributes: object) =>
  moddle.create(type, { ...(type.endsWith("EventDefinition") ? { id: `made-${++made}` } : {}), ...attributes });

const ROOTS = '<bpmn:signal id="s" name="Alarm"/><bpmn:escalation id="late" name="Too late"/><bpmn:message id="m" name="Mail"/>';

async function open(marker: string, roots = ROOTS) {
  const { rootElement, elementsById, warnings } = await moddle.fromXML(
    `<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x"><bpmn:process id="p"><bpmn:userTask id="t">${marker}</bpmn:userTask></bpmn:process>${roots}</bpmn:definitions>`,
  );
  expect(warnings).toEqual([]);
  return { file: rootElement, loop: multiInstance(elementsById.t!)! };
}

function make(...changes: Change[]): void {
  for (const { moddleElement, properties } of changes) {
    for (const [name, value] of Object.entries(properties))
      (moddleElement as unknown as { set(name: string, value: unknown): void }).set(name, value);
  }
}

const xmlOf = async (file: Moddle) => (await moddle.toXML(file)).xml;
const definitionsIn = (xml: string) => xml.match(/<bpmn:\w+EventDefinition /g) ?? [];

it("an event that is chosen is referred to by a definition among the root elements, and one is enough", async () => {
  const { file, loop } = await open("<bpmn:multiInstanceLoopCharacteristics/>");
  expect(behaviorOf(loop)).toBe("All");
  make(behaviorChange(loop, "One"));
  make(...eventChanges(loop, "s", create));
  expect(thrownBy(eventDefinitionOf(loop))).toBe("s");
  const [, id] = /<bpmn:signalEventDefinition id="([^"]+)" signalRef="s" \/>/.exec(await xmlOf(file))!;
  expect(await xmlOf(file)).toContain(`behavior="One" oneBehaviorEventRef="${id}"`);
  make(...eventChanges(loop, "late", create));
  make(...eventChanges(loop, "s", create));
  expect(await xmlOf(file)).toContain(`oneBehaviorEventRef="${id}"`);
  expect(definitionsIn(await xmlOf(file))).toHaveLength(2);
  make(...eventChanges(loop, "", create));
  expect(await xmlOf(file)).not.toContain("EventRef");
});

it("the event stays when it is thrown at each completion instead of the first, and goes when none is thrown", async () => {
  const { file, loop } = await open(
    '<bpmn:multiInstanceLoopCharacteristics behavior="One" oneBehaviorEventRef="thrown"/>',
    `${ROOTS}<bpmn:signalEventDefinition id="thrown" signalRef="s"/>`,
  );
  make(behaviorChange(loop, "None"));
  expect(await xmlOf(file)).toContain('<bpmn:multiInstanceLoopCharacteristics behavior="None" noneBehaviorEventRef="thrown" />');
  make(behaviorChange(loop, "All"));
  expect(await xmlOf(file)).toContain("<bpmn:multiInstanceLoopCharacteristics />");
});

it("signals, escalations and errors of the file can be chosen, and an event of another kind is kept until another is", async () => {
  const { loop } = await open(
    '<bpmn:multiInstanceLoopCharacteristics behavior="None" noneBehaviorEventRef="sent"/>',
    `${ROOTS}<bpmn:error id="e"/><bpmn:messageEventDefinition id="sent" messageRef="m"/>`,
  );
  const present = eventDefinitionOf(loop);
  expect(thrownBy(present)).toBe("sent");
  expect(eventChoices(loop, present).map((choice) => choice.label)).toEqual([
    "",
    "Signal Alarm",
    "Escalation Too late",
    "Error e",
    "sent (MessageEventDefinition)",
  ]);
  expect(eventChanges(loop, "sent", create)).toEqual([]);
  make(...eventChanges(loop, "late", create));
  expect(eventChoices(loop, eventDefinitionOf(loop)).map((choice) => choice.value)).toEqual(["", "s", "late", "e"]);
});

it("a complex behaviour is written with the names of the standard's schema", async () => {
  const { file, loop } = await open("<bpmn:multiInstanceLoopCharacteristics/>");
  make(behaviorChange(loop, "Complex"));
  make(addedComplexBehavior(loop, create));
  make(addedComplexBehavior(loop, create));
  const [first, second] = complexBehaviorsOf(loop) as [Moddle, Moddle];
  make(conditionChange(first, "=nrOfCompletedInstances = 2", create));
  make(...implicitEventChanges(loop, first, "late", create));
  make(removedComplexBehavior(loop, second));
  expect((await xmlOf(file)).replace(/ id="made-\d+"/, "")).toContain(
    "<bpmn:complexBehaviorDefinition><bpmn:condition>=nrOfCompletedInstances = 2</bpmn:condition>" +
      '<bpmn:event><bpmn:escalationEventDefinition escalationRef="late" /></bpmn:event></bpmn:complexBehaviorDefinition>',
  );
  make(behaviorChange(loop, "One"));
  expect(listOf(loop.get("complexBehaviorDefinition"))).toEqual([]);
});

it.each([
  ["the standard's", "condition", "event"],
  ["bpmn.io's", "formalExpression", "implicitThrowEvent"],
])("a complex behaviour in %s spelling is read, and stays what it is", async (_, condition, event) => {
  const { file, loop } = await open(
    `<bpmn:multiInstanceLoopCharacteristics behavior="Complex"><bpmn:complexBehaviorDefinition><bpmn:${condition}>=a</bpmn:${condition}><bpmn:${event} id="i"><bpmn:signalEventDefinition signalRef="s"/></bpmn:${event}></bpmn:complexBehaviorDefinition></bpmn:multiInstanceLoopCharacteristics>`,
  );
  const [behavior] = complexBehaviorsOf(loop) as [Moddle];
  expect([conditionOf(behavior), thrownBy(implicitDefinitionOf(behavior))]).toEqual(["=a", "s"]);
  const xml = await xmlOf(file);
  expect(xml).toContain("<bpmn:condition>=a</bpmn:condition>");
  expect(xml).toContain('<bpmn:event id="i">');
});
