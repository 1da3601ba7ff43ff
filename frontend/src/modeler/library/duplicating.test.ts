import { expect, it } from "vitest";
import { withOwnIds } from "./duplicating";

const DIAGRAM = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:tns="http://acme" id="file" targetNamespace="http://acme">
  <!-- the process order is kept by clerks -->
  <collaboration id="both"><participant id="shop" processRef="tns:order" name="order"/></collaboration>
  <process id="order" isExecutable="true">
    <callActivity id="again"><extensionElements><zeebe:calledElement processId="order"/></extensionElements></callActivity>
    <callActivity id="other"><extensionElements><zeebe:calledElement processId="ship"/></extensionElements></callActivity>
    <sequenceFlow id="f" sourceRef="again" targetRef="other"><conditionExpression>=order = "order"</conditionExpression></sequenceFlow>
  </process>
  <bpmndi:BPMNDiagram><bpmndi:BPMNPlane bpmnElement="both"/></bpmndi:BPMNDiagram>
</definitions>
`;

it("a duplicate of a diagram is another process, and everything in it names that one; nothing else is another", () => {
  const expected = DIAGRAM.replace('id="file"', 'id="file-x1"')
    .replace('id="both"', 'id="both-x1"')
    .replace('bpmnElement="both"', 'bpmnElement="both-x1"')
    .replace('processRef="tns:order"', 'processRef="tns:order-x1"')
    .replace('id="order"', 'id="order-x1"')
    .replace('processId="order"', 'processId="order-x1"');
  expect(withOwnIds("BPMN", DIAGRAM, "x1")).toBe(expected);
});

it("a duplicate of decisions has decisions of its own", () => {
  const file = `<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="drg" name="fee" namespace="n"><decision id="fee"
    name="fee"><informationRequirement id="r"><requiredDecision href="#age"/></informationRequirement></decision><decision id="age" name="age"/>
    <inputData id="input"/><DMNShape dmnElementRef="fee"/></definitions>`;
  expect(withOwnIds("DMN", file, "x1")).toBe(
    file
      .replace('id="drg"', 'id="drg-x1"')
      .replace('id="fee"', 'id="fee-x1"')
      .replace('id="age"', 'id="age-x1"')
      .replace("#age", "#age-x1")
      .replace('dmnElementRef="fee"', 'dmnElementRef="fee-x1"'),
  );
});

it("a duplicate of a form has an id of its own", () => {
  const copy = JSON.parse(withOwnIds("FORM", '{"id": "approve", "components": [{"id": "approve", "key": "approve"}]}', "x1"));
  expect(copy).toEqual({ id: "approve-x1", components: [{ id: "approve", key: "approve" }] });
});

it("two duplicates have not the same ids, and what cannot be read is duplicated as it is", () => {
  expect(withOwnIds("BPMN", DIAGRAM)).not.toBe(withOwnIds("BPMN", DIAGRAM));
  expect(withOwnIds("BPMN", "<definitions")).toBe("<definitions");
  expect(withOwnIds("FORM", "{")).toBe("{");
});
