import { expect, it } from "vitest";
import { openFile } from "./openedFile";

const FILE =
  '<bpmn:process id="p" isExecutable="true"><bpmn:serviceTask id="call"/><bpmn:receiveTask id="wait"/><bpmn:userTask id="sign"/></bpmn:process>';

it("an operation is made with its interface and message, and described where the process lists it", async () => {
  const file = await openFile(FILE);
  file.field("call", "Operation").choose("Create new ...");
  const interfaces = file.list("p", "Interfaces");
  interfaces.field(0, "Name").set("shop");
  const operations = interfaces.inner(0, "Operations");
  expect(operations.stays(0)).toBe(true);
  operations.field(0, "Name").set("order");
  operations.field(0, "Message name").set("ordered");
  operations.field(0, "Message out").choose("Create new ...");
  operations.inner(0, "Errors").add();
  operations.inner(0, "Errors").field(0, "Error code").set("SOLD_OUT");
  const xml = await file.xml();
  expect(xml).toMatch(
    /operationRef="(\w+)".*<bpmn:interface id="\w+" name="shop"><bpmn:operation id="\1" name="order"><bpmn:inMessageRef>(\w+)<\/bpmn:inMessageRef><bpmn:outMessageRef>(\w+)<\/bpmn:outMessageRef><bpmn:errorRef>(\w+)<\/bpmn:errorRef><\/bpmn:operation><\/bpmn:interface><bpmn:message id="\2" name="ordered" \/><bpmn:message id="\3"/,
  );
  file.field("wait", "Operation").choose("shop: order");
  expect((await file.xml()).match(/operationRef=/g)).toHaveLength(2);
});

it("no task calls an operation that is gone, and one undo brings it back", async () => {
  const file = await openFile(FILE);
  file.field("call", "Operation").choose("Create new ...");
  const before = await file.xml();
  file.list("p", "Interfaces").remove(0);
  expect(await file.xml()).not.toMatch(/operation/);
  file.undo();
  expect(await file.xml()).toBe(before);
  file.undo();
  expect(await file.xml()).not.toContain("bpmn:message");
});
