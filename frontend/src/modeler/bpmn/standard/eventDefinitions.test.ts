import { expect, it } from "vitest";
import { openFile } from "./openedFile";

const FILE =
  '<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/><bpmn:userTask id="t" name="Sign"/><bpmn:intermediateCatchEvent id="c"><bpmn:timerEventDefinition id="timer"><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>' +
  '<bpmn:endEvent id="e"/><bpmn:subProcess id="inner"><bpmn:startEvent id="plain"/></bpmn:subProcess></bpmn:process><bpmn:message id="m" name="paid"/>';

it("an event waits for several things, and for all of them when it says so", async () => {
  const file = await openFile(FILE);
  const definitions = file.list("c", "Event definitions");
  expect(definitions.labels()).toEqual(["Timer: PT1H"]);
  definitions.add();
  definitions.field(1, "Message").choose("paid");
  definitions.field(1, "Subscription correlation key").set("=order");
  definitions.add();
  definitions.field(2, "Condition").set("=late");
  expect(definitions.labels()).toEqual(["Timer: PT1H", "Message: paid", "Condition: =late"]);
  definitions.field(0, "Type").choose("Date");
  definitions.field(0, "Value").set("2030-01-31T09:00:00Z");
  const xml = await file.xml();
  expect(xml).toContain(
    '<bpmn:timerEventDefinition id="timer"><bpmn:timeDate xsi:type="bpmn:tFormalExpression">2030-01-31T09:00:00Z</bpmn:timeDate></bpmn:timerEventDefinition>',
  );
  expect(xml).toMatch(
    /<bpmn:messageEventDefinition id="\w+" messageRef="m" \/><bpmn:conditionalEventDefinition id="\w+"><bpmn:condition xsi:type="bpmn:tFormalExpression">=late</,
  );
  expect(xml).toContain('<zeebe:subscription correlationKey="=order" />');
});

it("what is left when the others go is not waited for in parallel", async () => {
  const file = await openFile(FILE.replace('id="c"', 'id="c" parallelMultiple="true"'));
  const definitions = file.list("c", "Event definitions");
  definitions.add();
  expect(await file.xml()).toContain("parallelMultiple");
  definitions.remove(1);
  expect(await file.xml()).not.toContain("parallelMultiple");
  file.undo();
  expect(await file.xml()).toContain("parallelMultiple");
});

it("an end event throws several things, each of the kind that is chosen", async () => {
  const file = await openFile(FILE);
  const definitions = file.list("e", "Event definitions");
  definitions.add();
  definitions.field(0, "Kind").choose("Terminate");
  definitions.add();
  expect(definitions.field(1, "Kind").choices()).toEqual([
    "Message",
    "Signal",
    "Escalation",
    "Error",
    "Compensation",
    "Cancel",
    "Terminate",
  ]);
  definitions.field(1, "Kind").choose("Escalation");
  definitions.field(1, "Escalation").choose("Create new ...");
  definitions.field(1, "Escalation code").set("LATE");
  definitions.add();
  definitions.field(2, "Kind").choose("Compensation");
  definitions.field(2, "Activity to undo").choose("Sign");
  definitions.field(2, "Wait until it is undone").set(false);
  const xml = await file.xml();
  expect(xml).toMatch(
    /<bpmn:terminateEventDefinition id="\w+" \/><bpmn:escalationEventDefinition id="\w+" escalationRef="(\w+)" \/><bpmn:compensateEventDefinition id="\w+" waitForCompletion="false" activityRef="t" \/>.*<bpmn:escalation id="\1" name="\1" escalationCode="LATE" \/>/,
  );
});

it("each event is offered what the standard allows it, and a plain start event nothing", async () => {
  const file = await openFile(FILE);
  expect(file.labels("plain")).not.toContain("Event definitions");
  const start = file.list("s", "Event definitions");
  start.add();
  expect(start.field(0, "Kind").choices()).toEqual(["Message", "Timer", "Condition", "Signal"]);
});

it("a definition of the file may be shared by several events", async () => {
  const file = await openFile(`${FILE}<bpmn:signalEventDefinition id="shared" signalRef="alarm"/><bpmn:signal id="alarm" name="Alarm"/>`);
  const definitions = file.list("c", "Event definitions");
  definitions.add();
  definitions.field(1, "Kind").choose("Shared: Signal Alarm");
  expect(definitions.labels()).toEqual(["Timer: PT1H", "Signal: Alarm (shared)"]);
  expect(await file.xml()).toContain("<bpmn:eventDefinitionRef>shared</bpmn:eventDefinitionRef>");
  definitions.remove(1);
  expect(await file.xml()).not.toContain("eventDefinitionRef");
  expect(await file.xml()).toContain('signalEventDefinition id="shared"');
});
