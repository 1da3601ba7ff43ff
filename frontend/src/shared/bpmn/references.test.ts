import { expect, it } from "vitest";
import { inReadersWords } from "./references";

const file = (content: string, own = 'xmlns:tns="http://acme" targetNamespace="http://acme"') =>
  `<?xml version="1.0"?>
<!-- <a tns:x="tns:task"> -->
<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:acme="http://acme.example"  id="file" ${own}>
${content}
</b:definitions>`;

it.each([
  ["an attribute", '<b:sequenceFlow id="f" sourceRef="#tns:#a"\n targetRef=\'#tns:#b\'/><b:task id="a"/><b:task id="b"/>'],
  ["an element's text", '<b:task id="a"><b:incoming>#tns:#f</b:incoming></b:task><b:sequenceFlow id="f" sourceRef="a" targetRef="a"/>'],
  ["a member of a lane", '<b:laneSet><b:lane id="l"><b:flowNodeRef>#tns:#a</b:flowNodeRef></b:lane></b:laneSet><b:task id="a"/>'],
  [
    "where the prefix is declared",
    '<b:task id="a" xmlns:own="http://acme"><b:incoming>#own:#f</b:incoming></b:task><b:sequenceFlow id="f"/>',
  ],
])("a reference with the prefix of the file's own namespace becomes the bare id: %s", (_name, content) => {
  const process = `<b:process id="p">${content}</b:process>`;
  expect(inReadersWords(file(process.replaceAll("#", "")))).toBe(file(process.replace(/#[a-z]+:#/g, "")));
});

it("the picture's references are read too", () => {
  const picture = (name: string) =>
    file(
      `<b:task id="a"/><d:BPMNPlane xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI"><d:BPMNShape bpmnElement="${name}"/></d:BPMNPlane>`,
    );
  expect(inReadersWords(picture("tns:a"))).toBe(picture("a"));
});

it("expressions, names, foreign names and unknown elements are left as they are", () => {
  const content = `<b:process id="p" name="tns:a"><b:task id="a" name="tns:a" acme:sourceRef="tns:a"><b:extensionElements>
    <zeebe:ioMapping><zeebe:input source="=&quot;tns:a&quot;" target="tns:a"/></zeebe:ioMapping><acme:sequenceFlow sourceRef="tns:a"/>
    </b:extensionElements><b:incoming>xsd:a</b:incoming><b:incoming>none:a</b:incoming></b:task>
    <b:sequenceFlow id="f" sourceRef="tns:gone" targetRef="xsd:a"><b:conditionExpression>tns:a</b:conditionExpression></b:sequenceFlow></b:process>`;
  expect(inReadersWords(file(content))).toBe(file(content));
  expect(inReadersWords(file(content.replaceAll("tns:", "")))).toBe(file(content.replaceAll("tns:", "")));
});

it("an id that itself has a colon is not taken for a prefix", () => {
  const content = '<b:task id="tns:a"/><b:task id="a"/><b:sequenceFlow id="f" sourceRef="tns:a" targetRef="a"/>';
  expect(inReadersWords(file(content))).toBe(file(content));
});

it("blanks around a reference do not belong to it", () => {
  const flow = (names: string, ends: string) =>
    file(`<b:task id="a"><b:incoming>${names}</b:incoming></b:task><b:sequenceFlow id="f" ${ends}/>`);
  expect(inReadersWords(flow("\n  f\n", 'sourceRef=" a"'))).toBe(flow("f", 'sourceRef="a"'));
});

it("1 is true for the schema, and the reader is told so", () => {
  expect(inReadersWords(file('<b:process id="p" isExecutable="1" name="1"/>'))).toBe(
    file('<b:process id="p" isExecutable="true" name="1"/>'),
  );
});

it("what is no XML stays as it is", () => {
  expect(inReadersWords('<b:task sourceRef="tns:a">')).toBe('<b:task sourceRef="tns:a">');
});
