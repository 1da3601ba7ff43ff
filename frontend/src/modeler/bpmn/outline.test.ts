import { expect, it } from "vitest";
import { outlineOf, typeInWords } from "./outline";

function element(id: string, $type: string, more: object = {}) {
  return { id, $type: `bpmn:${$type}`, ...more };
}

it("lists a process in the order of its flow, with boundary events and contents below their element", () => {
  const start = element("start", "StartEvent");
  const inner = element("inner", "Task", { name: "Inner" });
  const sub = element("sub", "SubProcess", { flowElements: [inner] });
  const timer = element("timer", "BoundaryEvent", { attachedToRef: sub, eventDefinitions: [{ $type: "bpmn:TimerEventDefinition" }] });
  const end = element("end", "EndEvent");
  const late = element("late", "EndEvent");
  const flows = [
    element("f1", "SequenceFlow", { sourceRef: start, targetRef: sub }),
    element("f2", "SequenceFlow", { sourceRef: sub, targetRef: end }),
    element("f3", "SequenceFlow", { sourceRef: timer, targetRef: late }),
  ];
  const process = element("p", "Process", { name: "Order", flowElements: [end, late, timer, sub, start, ...flows] });
  const [root] = outlineOf(element("d", "Definitions", { rootElements: [process] }));
  expect(root).toMatchObject({ id: "p", name: "Order", type: "Process" });
  expect(root!.children.map((child) => child.id)).toEqual(["start", "sub", "end", "late"]);
  expect(root!.children[1]!.children).toMatchObject([
    { id: "timer", type: "Timer boundary event" },
    { id: "inner", name: "Inner" },
  ]);
});

it("shows the pools of a collaboration, an empty one among them", () => {
  const pools = [
    element("a", "Participant", { name: "Shop", processRef: element("p", "Process", { flowElements: [element("t", "Task")] }) }),
    element("b", "Participant"),
  ];
  const outline = outlineOf(element("d", "Definitions", { rootElements: [element("c", "Collaboration", { participants: pools })] }));
  expect(outline.map((pool) => [pool.name, pool.children.length])).toEqual([
    ["Shop", 1],
    ["b", 0],
  ]);
});

it("ends on a loop", () => {
  const a = element("a", "Task");
  const b = element("b", "Task");
  const flows = [
    element("f", "SequenceFlow", { sourceRef: a, targetRef: b }),
    element("g", "SequenceFlow", { sourceRef: b, targetRef: a }),
  ];
  const [root] = outlineOf(element("d", "Definitions", { rootElements: [element("p", "Process", { flowElements: [a, b, ...flows] })] }));
  expect(root!.children.map((child) => child.id)).toEqual(["a", "b"]);
});

it("says a type in words", () => {
  expect(typeInWords({ $type: "bpmn:ExclusiveGateway" })).toBe("Exclusive gateway");
  expect(typeInWords({ $type: "bpmn:StartEvent", eventDefinitions: [{ $type: "bpmn:MessageEventDefinition" }] })).toBe(
    "Message start event",
  );
});
