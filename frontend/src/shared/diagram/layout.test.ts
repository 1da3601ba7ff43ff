import { expect, it } from "vitest";
import { withEnds, withPicture } from "./layout";

const file = (content: string) =>
  `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="file" targetNamespace="http://example.org"><process id="p" isExecutable="true">${content}</process></definitions>`;
const FLOW = '<sequenceFlow id="f" sourceRef="start" targetRef="end"/>';

it("a picture is made of the flows too, also where elements do not name them", async () => {
  const drawn = await withPicture(file(`<startEvent id="start"/>${FLOW}<endEvent id="end"/>`));
  expect(drawn.match(/BPMNEdge [^>]*bpmnElement="f"/g)).toHaveLength(1);
});

it("a flow that is named already is not named twice", () => {
  const named = withEnds(file(`<startEvent id="start"><outgoing>f</outgoing></startEvent>${FLOW}<endEvent id="end"/>`));
  expect(named.match(/<outgoing>f<\/outgoing>/g)).toHaveLength(1);
  expect(named.match(/<incoming>f<\/incoming>/g)).toHaveLength(1);
});

it("what is no XML stays as it is", () => {
  expect(withEnds("<definitions")).toBe("<definitions");
});

const POOLS = `<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="D" targetNamespace="x"><bpmn:collaboration id="c">
<bpmn:participant id="p1" name="Customer" processRef="A"/><bpmn:participant id="p2" name="Shop" processRef="B"/><bpmn:participant id="bank" name="Bank"/>
<bpmn:messageFlow id="m" sourceRef="a1" targetRef="b0"/></bpmn:collaboration>
<bpmn:process id="A"><bpmn:startEvent id="a0"/><bpmn:sendTask id="a1" name="Order"/><bpmn:sequenceFlow id="x1" sourceRef="a0" targetRef="a1"/></bpmn:process>
<bpmn:process id="B"><bpmn:laneSet id="ls"><bpmn:lane id="clerk"><bpmn:flowNodeRef>b1</bpmn:flowNodeRef></bpmn:lane>
<bpmn:lane id="boss"><bpmn:flowNodeRef>b0</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
<bpmn:startEvent id="b0"/><bpmn:task id="b1" name="Ship"/><bpmn:sequenceFlow id="y1" sourceRef="b0" targetRef="b1"/></bpmn:process></bpmn:definitions>`;

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where each element stands in the picture that the file has. */
function boxesIn(xml: string): Record<string, Box> {
  const shapes = [...new DOMParser().parseFromString(xml, "application/xml").getElementsByTagName("bpmndi:BPMNShape")];
  const number = (shape: Element, name: string) => Number(shape.firstElementChild!.getAttribute(name));
  const box = (shape: Element) => ({
    x: number(shape, "x"),
    y: number(shape, "y"),
    width: number(shape, "width"),
    height: number(shape, "height"),
  });
  return Object.fromEntries(shapes.map((shape) => [shape.getAttribute("bpmnElement")!, box(shape)]));
}

const holds = (outer: Box, inner: Box) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

it("two pools are drawn as two, each with its process and its lanes, and the message flow between", async () => {
  const drawn = await withPicture(POOLS);
  const boxes = boxesIn(drawn);
  expect(Object.keys(boxes).sort()).toEqual(["a0", "a1", "b0", "b1", "bank", "boss", "clerk", "p1", "p2"]);
  expect(["a0", "a1"].every((id) => holds(boxes.p1!, boxes[id]!))).toBe(true);
  expect(["b0", "b1", "clerk", "boss"].every((id) => holds(boxes.p2!, boxes[id]!))).toBe(true);
  expect(holds(boxes.clerk!, boxes.b1!) && holds(boxes.boss!, boxes.b0!)).toBe(true);
  expect(boxes.p2!.y).toBeGreaterThanOrEqual(boxes.p1!.y + boxes.p1!.height);
  expect(boxes.bank!.y).toBeGreaterThanOrEqual(boxes.p2!.y + boxes.p2!.height);
  expect(drawn.match(/BPMNEdge [^>]*bpmnElement="(m|x1|y1)"/g)).toHaveLength(3);
  expect(drawn).toContain('BPMNPlane id="BPMNPlane_c" bpmnElement="c"');
});

it("a picture is made without touching anything else of the file", async () => {
  const file = POOLS.replace("<bpmn:task ", '<bpmn:dataObject id="twice"/><bpmn:dataObject id="twice"/><bpmn:task unknown="1" ');
  const drawn = new DOMParser().parseFromString(await withPicture(file), "application/xml");
  for (const name of ["BPMNDiagram", "incoming", "outgoing"])
    for (const added of [...drawn.getElementsByTagNameNS("*", name)]) added.remove();
  const described = (xml: string) => xml.replace(/ xmlns:\w+="[^"]*"|\s+/g, "").replace(/<([\w:]+)([^>]*)\/>/g, "<$1$2></$1>");
  expect(described(new XMLSerializer().serializeToString(drawn))).toBe(described(file));
});

it("what the layout cannot read is drawn in a row", async () => {
  const file = POOLS.replace(
    '<bpmn:sendTask id="a1" name="Order"/>',
    '<bpmn:sendTask id="a1"/><bpmn:boundaryEvent id="a2" attachedToRef="gone"/>',
  );
  expect(Object.keys(boxesIn(await withPicture(file)))).toEqual(expect.arrayContaining(["a0", "a1", "a2", "b0", "b1"]));
});

it("references with the prefix of the file's own namespace are followed", async () => {
  const file = POOLS.replace('targetNamespace="x"', 'targetNamespace="http://acme" xmlns:tns="http://acme"').replace(
    'sourceRef="b0" targetRef="b1"',
    'sourceRef="tns:b0" targetRef="tns:b1"',
  );
  expect(await withPicture(file)).toMatch(/BPMNEdge [^>]*bpmnElement="y1"/);
});
