import { expect, it } from "vitest";
import { openFile } from "./openedFile";

const FILE =
  '<bpmn:process id="p" isExecutable="true"><bpmn:dataObject id="order" name="order"/><bpmn:dataObjectReference id="drawn" name="order" dataObjectRef="order"/>' +
  '<bpmn:dataStoreReference id="store" name="stock"/><bpmn:userTask id="t"/><bpmn:subProcess id="inner"/><bpmn:endEvent id="e"><bpmn:messageEventDefinition/></bpmn:endEvent></bpmn:process>';

it("the first data input brings an ioSpecification with a set of each kind, and the last takes it away", async () => {
  const file = await openFile(FILE);
  const inputs = file.list("t", "Data inputs");
  inputs.add();
  inputs.field(0, "Variable name").set("amount");
  inputs.field(0, "It is a list").set(true);
  const added = await file.xml();
  expect(added).toMatch(
    /<bpmn:ioSpecification><bpmn:dataInput id="(\w+)" name="amount" isCollection="true" \/><bpmn:inputSet id="\w+"><bpmn:dataInputRefs>\1<\/bpmn:dataInputRefs><\/bpmn:inputSet><bpmn:outputSet id="\w+" \/><\/bpmn:ioSpecification>/,
  );
  inputs.remove(0);
  expect(await file.xml()).not.toContain("ioSpecification");
  file.undo();
  expect(await file.xml()).toBe(added);
  file.undo();
  file.undo();
  file.undo();
  expect(await file.xml()).not.toContain("ioSpecification");
});

it("associations say what goes in and out, with a transformation or assignments", async () => {
  const file = await openFile(FILE);
  file.list("t", "Data inputs").add();
  file.list("t", "Data outputs").add();
  const into = file.list("t", "Data input associations");
  into.add();
  expect(into.labels()).toEqual(["order → input"]);
  expect(into.field(0, "From").choices()).toEqual(["nothing", "order", "stock"]);
  into.field(0, "Transformation").set("=order.total");
  const from = file.list("t", "Data output associations");
  from.add();
  from.field(0, "To").choose("stock");
  from.inner(0, "Assignments").add();
  from.inner(0, "Assignments").field(0, "Value").set("=output + 1");
  from.inner(0, "Assignments").field(0, "Write it to").set("stock.count");
  const xml = await file.xml();
  expect(xml).toMatch(
    /<bpmn:dataInputAssociation id="\w+"><bpmn:sourceRef>drawn<\/bpmn:sourceRef><bpmn:targetRef>DataInput_\w+<\/bpmn:targetRef><bpmn:transformation>=order.total<\/bpmn:transformation>/,
  );
  expect(xml).toMatch(/<bpmn:sourceRef>DataOutput_\w+<\/bpmn:sourceRef><bpmn:targetRef>store<\/bpmn:targetRef><bpmn:assignment>/);
  expect(xml).toContain(
    '<bpmn:assignment><bpmn:from xsi:type="bpmn:tFormalExpression">=output + 1</bpmn:from><bpmn:to xsi:type="bpmn:tFormalExpression">stock.count</bpmn:to></bpmn:assignment>',
  );
});

it("several sources are chosen one by one", async () => {
  const file = await openFile(FILE);
  const into = file.list("t", "Data input associations");
  into.add();
  into.inner(0, "More sources").add();
  expect(into.labels()).toEqual(["order, stock"]);
  into.inner(0, "More sources").remove(0);
  expect(into.labels()).toEqual(["order"]);
});

it("an association into nothing of the activity's own has a placeholder for its target as long as it needs one", async () => {
  const file = await openFile(FILE);
  const into = file.list("inner", "Data input associations");
  into.add();
  expect(await file.xml()).toMatch(/<bpmn:property id="(\w+)" name="__targetRef_placeholder" \/>.*<bpmn:targetRef>\1<\/bpmn:targetRef>/);
  file.list("inner", "Properties").add();
  into.field(0, "To").choose(file.list("inner", "Properties").labels()[0]!);
  expect(await file.xml()).not.toContain("placeholder");
  into.field(0, "To").choose("nothing of its own");
  expect(await file.xml()).toContain("placeholder");
  into.remove(0);
  expect(await file.xml()).not.toContain("placeholder");
});

it("data that goes takes its associations along", async () => {
  const file = await openFile(FILE);
  file.list("t", "Data inputs").add();
  file.list("t", "Data input associations").add();
  file.list("t", "Data inputs").remove(0);
  const xml = await file.xml();
  expect(xml).not.toContain("ssociation");
  expect(xml).not.toContain("placeholder");
  file.undo();
  expect(await file.xml()).toContain("dataInputAssociation");
});

it("an arrow stays where it is drawn, and may lead to a data input", async () => {
  const file = await openFile(
    '<bpmn:process id="p"><bpmn:dataObject id="order"/><bpmn:dataObjectReference id="drawn" name="order" dataObjectRef="order"/><bpmn:userTask id="t">' +
      '<bpmn:ioSpecification><bpmn:dataInput id="in" name="amount"/><bpmn:inputSet><bpmn:dataInputRefs>in</bpmn:dataInputRefs></bpmn:inputSet><bpmn:outputSet/></bpmn:ioSpecification>' +
      '<bpmn:property id="x" name="__targetRef_placeholder"/><bpmn:dataInputAssociation id="arrow"><bpmn:sourceRef>drawn</bpmn:sourceRef><bpmn:targetRef>x</bpmn:targetRef></bpmn:dataInputAssociation>' +
      '</bpmn:userTask></bpmn:process><bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="pl" bpmnElement="p"><bpmndi:BPMNEdge id="edge" bpmnElement="arrow"/></bpmndi:BPMNPlane></bpmndi:BPMNDiagram>',
  );
  const into = file.list("t", "Data input associations");
  expect(into.stays(0)).toBe(true);
  file.field("arrow", "To").choose("amount");
  expect(into.labels()).toEqual(["order → amount"]);
  expect(await file.xml()).not.toContain("placeholder");
  file.list("t", "Data inputs").remove(0);
  expect(into.labels()).toEqual(["order"]);
  expect(await file.xml()).toContain("placeholder");
});

it("sets say which data belongs together, and name each other", async () => {
  const file = await openFile(FILE);
  const inputs = file.list("t", "Data inputs");
  inputs.add();
  inputs.add();
  const sets = file.list("t", "Input sets");
  expect(sets.stays(0)).toBe(true);
  sets.add();
  sets.field(1, "Name").set("short");
  sets.field(1, "input2").choose("optional, read while it runs");
  sets.field(0, "input2").choose("not in this set");
  sets.field(1, "Leads to Output set 1").set(true);
  const xml = await file.xml();
  expect(xml).toMatch(
    /<bpmn:inputSet id="(\w+)" name="short"><bpmn:dataInputRefs>(\w+)<\/bpmn:dataInputRefs><bpmn:optionalInputRefs>\2<\/bpmn:optionalInputRefs><bpmn:whileExecutingInputRefs>\2<\/bpmn:whileExecutingInputRefs><bpmn:outputSetRefs>(\w+)<\/bpmn:outputSetRefs><\/bpmn:inputSet><bpmn:outputSet id="\3"><bpmn:inputSetRefs>\1</,
  );
  sets.remove(1);
  expect(await file.xml()).not.toContain("inputSetRefs");
  expect(sets.field(0, "input2").get()).toBe("in");
});

it("the order of the schema is kept where bpmn-moddle has another", async () => {
  const file = await openFile(
    '<bpmn:process id="p"><bpmn:supportedInterfaceRef>i</bpmn:supportedInterfaceRef></bpmn:process><bpmn:interface id="i" name="shop"><bpmn:operation id="o" name="order"><bpmn:inMessageRef>m</bpmn:inMessageRef></bpmn:operation></bpmn:interface><bpmn:message id="m"/>',
  );
  file.list("p", "Data outputs").add();
  const sets = file.list("p", "Output sets");
  sets.add();
  sets.field(0, "output").choose("optional");
  sets.field(0, "Comes from Input set 1").set(true);
  expect(await file.xml()).toMatch(
    /supportedInterfaceRef><bpmn:ioSpecification>.*<bpmn:optionalOutputRefs>\w+<\/bpmn:optionalOutputRefs><bpmn:inputSetRefs>/,
  );
});

it("an event holds its data itself, and a sub-process has none of its own", async () => {
  const file = await openFile(FILE);
  expect(file.labels("e")).toEqual(["Event definitions", "Data inputs", "Data input associations", "Properties"]);
  expect(file.labels("inner")).toEqual(["Data input associations", "Data output associations", "Properties"]);
  file.list("e", "Data inputs").add();
  file.list("e", "Data input associations").add();
  expect(await file.xml()).toMatch(
    /<bpmn:endEvent id="e"><bpmn:dataInput id="(\w+)" name="input" \/><bpmn:dataInputAssociation id="\w+"><bpmn:sourceRef>drawn<\/bpmn:sourceRef><bpmn:targetRef>\1</,
  );
});

it("an item definition is made where it is needed, and nothing refers to one that is gone", async () => {
  const file = await openFile(FILE);
  const inputs = file.list("t", "Data inputs");
  inputs.add();
  inputs.field(0, "Item definition").choose("Create new ...");
  inputs.field(0, "Structure").set("Order");
  expect(await file.xml()).toMatch(/itemSubjectRef="(\w+)".*<bpmn:itemDefinition id="\1" structureRef="Order" \/>/);
  expect(file.list("p", "Item definitions").labels()).toEqual(["Order"]);
  file.list("p", "Item definitions").remove(0);
  expect(await file.xml()).not.toMatch(/item(SubjectRef|Definition)/);
});
