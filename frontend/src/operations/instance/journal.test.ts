import { expect, it } from "vitest";
import type { ElementInstance, JournalEntry } from "../types";
import { runsOf, treeOf } from "./history";
import { causeOf, effectsOf, wordsOf } from "./journal";

const entry = (inputs: object[], facts: object[] = []) => ({ sequence: 1, at: "2026-01-01T00:00:00Z", by: "alice", inputs, facts }) as JournalEntry;

it("names of inputs become words", () => {
  expect(wordsOf("jobCompleted")).toBe("job completed");
  expect(wordsOf("started")).toBe("started");
});

it("what came in together is counted", () => {
  expect(causeOf(entry([{ type: "jobCompleted" }, { type: "jobCompleted" }, { type: "timerFired" }]))).toBe("job completed (2 times), timer fired");
  expect(causeOf(entry([]))).toBe("went on");
});

it("effects name elements and values, and leave flows out", () => {
  const facts = [
    { type: "elementCompleted", elementId: "pick" },
    { type: "flowTaken", flowId: "f" },
    { type: "variableWritten", name: "amount", value: 12 },
    { type: "incidentRaised", elementId: "pick", message: "no stock" },
    { type: "timerCancelled", elementId: null },
  ];
  expect(effectsOf(entry([], facts), (id) => (id === "pick" ? "Pick and pack" : id))).toEqual([
    "completed Pick and pack",
    "amount = 12",
    "incident at Pick and pack: no stock",
    "timer cancelled",
  ]);
});

it("what ran inside a sub-process stands below it, and the process stands nowhere", () => {
  const element = (elementInstanceKey: string, scopeKey: string | null, type = "TASK") => ({ elementInstanceKey, scopeKey, type }) as ElementInstance;
  const tree = treeOf([element("1", null, "PROCESS"), element("2", "1"), element("3", "1", "SUB_PROCESS"), element("4", "3")]);
  expect(tree.map((node) => [node.element.elementInstanceKey, node.children.map((child) => child.element.elementInstanceKey)])).toEqual([
    ["2", []],
    ["3", ["4"]],
  ]);
});

it("of the times that an element was entered, the one to look at comes first", () => {
  const run = (elementInstanceKey: string, startDate: string, more: Partial<ElementInstance> = {}) => ({ elementInstanceKey, elementId: "pick", startDate, endDate: startDate, hasIncident: false, ...more }) as ElementInstance;
  const elements = [
    run("1", "2026-01-01T00:00:00Z", { hasIncident: true, endDate: null }),
    run("2", "2026-01-02T00:00:00Z"),
    run("3", "2026-01-03T00:00:00Z", { endDate: null }),
    run("4", "2026-01-04T00:00:00Z"),
    run("5", "2026-01-05T00:00:00Z", { elementId: "pack" }),
  ];
  expect(runsOf(elements, "pick").map((each) => each.elementInstanceKey)).toEqual(["1", "3", "4", "2"]);
});
