import { expect, it } from "vitest";
import { differencesOf, markersOf } from "./differences";

function diagram(body: string, shapes = ""): string {
  return `<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
    xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
    <bpmn:process id="p" isExecutable="true">${body}</bpmn:process>
    <bpmndi:BPMNDiagram id="bd"><bpmndi:BPMNPlane id="bp" bpmnElement="p">${shapes}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
  </bpmn:definitions>`;
}

function shape(element: string, x: number): string {
  return `<bpmndi:BPMNShape id="${element}_di" bpmnElement="${element}"><dc:Bounds x="${x}" y="0" width="100" height="80" /></bpmndi:BPMNShape>`;
}

it("names what was added, removed, changed and moved", async () => {
  const before = diagram('<bpmn:startEvent id="s" /><bpmn:task id="gone" name="Gone" /><bpmn:task id="t" name="Old" />', shape("s", 0));
  const after = diagram('<bpmn:startEvent id="s" /><bpmn:task id="t" name="New" /><bpmn:userTask id="u" name="Fresh" />', shape("s", 50));
  const found = await differencesOf(before, after);
  expect(found.map(({ elementId, kind }) => [elementId, kind])).toEqual([
    ["gone", "removed"],
    ["u", "added"],
    ["t", "changed"],
    ["s", "moved"],
  ]);
  expect(found[2]!.properties).toEqual(["name"]);
  expect(markersOf(found)).toMatchObject({ gone: ["sw-diff-removed"], s: ["sw-diff-moved"] });
});

it("sees a change in the settings of the engine", async () => {
  const task = (type: string) =>
    diagram(
      `<bpmn:serviceTask id="t"><bpmn:extensionElements><zeebe:taskDefinition type="${type}" /></bpmn:extensionElements></bpmn:serviceTask>`,
    );
  const found = await differencesOf(task("charge"), task("charge-card"));
  expect(found).toMatchObject([{ elementId: "t", kind: "changed" }]);
});

it("finds nothing between a diagram and itself", async () => {
  const same = diagram('<bpmn:task id="t" />', shape("t", 3));
  expect(await differencesOf(same, same)).toEqual([]);
});
