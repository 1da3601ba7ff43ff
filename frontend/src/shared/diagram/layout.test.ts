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
