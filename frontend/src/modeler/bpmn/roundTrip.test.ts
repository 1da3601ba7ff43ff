import { BpmnModdle } from "bpmn-moddle";
import { describe, expect, it } from "vitest";
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";

const FILE = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:acme="http://acme.example/tools" id="file" targetNamespace="http://acme.example">
  <bpmn:process id="claims" isExecutable="true" acme:owner="claims department" camunda:historyTimeToLive="P30D">
    <bpmn:extensionElements>
      <acme:cost currency="EUR"><acme:hour rate="80.50">a &amp; b</acme:hour></acme:cost>
    </bpmn:extensionElements>
    <bpmn:userTask id="check" name="Check" camunda:assignee="\${clerk}" acme:colour="red">
      <bpmn:extensionElements>
        <zeebe:assignmentDefinition assignee="=clerk" />
        <acme:note>Two
lines</acme:note>
        <camunda:formData><camunda:formField id="amount" type="long" /></camunda:formData>
      </bpmn:extensionElements>
    </bpmn:userTask>
  </bpmn:process>
</bpmn:definitions>`;

/** What a save keeps of a file, element by element, whatever the order of attributes and the white space between elements. */
function contents(xml: string): unknown {
  const described = (element: Element): unknown => ({
    name: `{${element.namespaceURI}}${element.localName}`,
    attributes: [...element.attributes]
      .filter((each) => !each.name.startsWith("xmlns"))
      .map((each) => `{${each.namespaceURI ?? ""}}${each.localName}=${each.value}`)
      .sort(),
    text: element.children.length > 0 ? "" : (element.textContent ?? ""),
    children: [...element.children].map(described),
  });
  return described(new DOMParser().parseFromString(xml, "application/xml").documentElement);
}

describe("A drawing that is opened and saved", () => {
  it("keeps extensions that nobody here knows, as elements, attributes and texts", async () => {
    const moddle = new BpmnModdle({ zeebe });
    const { rootElement, warnings } = await moddle.fromXML(FILE);
    const { xml } = await moddle.toXML(rootElement, { format: true });
    expect(warnings).toEqual([]);
    expect(contents(xml)).toEqual(contents(FILE));
  });
});
