import { expect, it } from "vitest";
import { openFile } from "./openedFile";

const FILE =
  '<bpmn:process id="p" isExecutable="true"><bpmn:receiveTask id="wait"/></bpmn:process><bpmn:message id="m" name="order"/><bpmn:message id="n" name="payment"/>';

it("a property is found in each message, a key is made of properties, and the process subscribes to it", async () => {
  const file = await openFile(FILE);
  const properties = file.list("p", "Correlation properties");
  properties.add();
  properties.field(0, "Name").set("number");
  const found = properties.inner(0, "Found in messages");
  found.field(0, "Where the message holds it").set("=id");
  found.add();
  expect(found.labels()).toEqual(["order", "payment"]);
  found.field(1, "Where the message holds it").set("=order.id");
  const keys = file.list("p", "Correlation keys");
  keys.add();
  keys.field(0, "Name").set("by number");
  expect(keys.inner(0, "Properties").labels()).toEqual(["number"]);
  const subscriptions = file.list("p", "Correlation subscriptions");
  subscriptions.add();
  expect(subscriptions.labels()).toEqual(["by number"]);
  subscriptions.field(0, "number").set("=order.number");
  const xml = await file.xml();
  expect(xml).toMatch(
    /<bpmn:correlationProperty id="(\w+)" name="number"><bpmn:correlationPropertyRetrievalExpression messageRef="m"><bpmn:messagePath>=id<\/bpmn:messagePath><\/bpmn:correlationPropertyRetrievalExpression><bpmn:correlationPropertyRetrievalExpression messageRef="n"><bpmn:messagePath>=order.id</,
  );
  expect(xml).toMatch(
    /<bpmn:collaboration id="\w+"><bpmn:correlationKey id="\w+" name="by number"><bpmn:correlationPropertyRef>CorrelationProperty_\w+<\/bpmn:correlationPropertyRef>/,
  );
  expect(xml).toMatch(
    /<bpmn:correlationSubscription id="\w+" correlationKeyRef="\w+"><bpmn:correlationPropertyBinding correlationPropertyRef="\w+"><bpmn:dataPath>=order.number</,
  );
});

it("a property that a key gains or loses is bound or unbound by its subscriptions", async () => {
  const file = await openFile(FILE);
  const keys = file.list("p", "Correlation keys");
  keys.add();
  const subscriptions = file.list("p", "Correlation subscriptions");
  subscriptions.add();
  const bindings = async () => (await file.xml()).match(/<bpmn:correlationPropertyBinding /g)?.length ?? 0;
  expect(await bindings()).toBe(1);
  keys.inner(0, "Properties").add();
  expect(await bindings()).toBe(2);
  file.list("p", "Correlation properties").remove(1);
  expect(await bindings()).toBe(1);
  expect(keys.inner(0, "Properties").labels()).toHaveLength(1);
});

it("a key that goes takes its subscriptions along, and the collaboration that was made for it", async () => {
  const file = await openFile(FILE);
  file.list("p", "Correlation keys").add();
  file.list("p", "Correlation subscriptions").add();
  file.list("p", "Correlation keys").remove(0);
  expect(await file.xml()).not.toMatch(/ollaboration|correlationSubscription|correlationKey/);
});

it("the key of a file with pools stands in its collaboration, and a pool has the subscriptions of its process", async () => {
  const file = await openFile(`${FILE}<bpmn:collaboration id="c"><bpmn:participant id="pool" processRef="p"/></bpmn:collaboration>`);
  file.list("c", "Correlation keys").add();
  file.list("pool", "Correlation subscriptions").add();
  expect(await file.xml()).toMatch(
    /<bpmn:collaboration id="c"><bpmn:participant id="pool" processRef="p" \/><bpmn:correlationKey id="(\w+)"/,
  );
  expect(await file.xml()).toMatch(
    /<bpmn:process id="p" isExecutable="true"><bpmn:receiveTask id="wait" \/><bpmn:correlationSubscription /,
  );
  file.list("c", "Correlation keys").remove(0);
  expect(await file.xml()).toContain('<bpmn:collaboration id="c">');
});
