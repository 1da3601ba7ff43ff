import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { ElementInstance, JournalEntry } from "../types";
import { runsOf, treeOf } from "./history";
import { CAUSES, causeOf, effectsOf, FACTS, wordsOf } from "./journal";

const entry = (inputs: object[], facts: object[] = []) =>
  ({ sequence: 1, at: "2026-01-01T00:00:00Z", by: "alice", inputs, facts }) as JournalEntry;

/** Names of the members of a union in the runtime, as the API writes them: `JobCompleted` is "jobCompleted". */
function kindsIn(file: string, union: string): string[] {
  const source = readFileSync(`../engine/runtime/${file}`, "utf-8");
  const members = new RegExp(`^${union} = \\(([^)]*)\\)`, "m").exec(source)?.[1] ?? "";
  return [...members.matchAll(/\w+/g)].map(([name]) => name[0]!.toLowerCase() + name.slice(1));
}

it("every kind of input and of fact of the runtime has a sentence of its own", () => {
  expect(Object.keys(CAUSES).sort()).toEqual(kindsIn("inputs.py", "Input").sort());
  expect(Object.keys(FACTS).sort()).toEqual(kindsIn("history.py", "Fact").sort());
});

it("a cause says what came, from where and why", () => {
  const cause = (input: object) => causeOf(entry([input]), (id) => id.toUpperCase());
  expect(cause({ type: "started", startEvent: "ordered", before: [] })).toBe("started at ORDERED");
  expect(cause({ type: "started", startEvent: null, before: ["pick", "pack"] })).toBe("started before PICK, PACK");
  expect(cause({ type: "messageArrived", name: "paid" })).toBe("message paid arrived");
  expect(cause({ type: "jobFailed", message: "no paper" })).toBe("job failed: no paper");
  expect(cause({ type: "jobErrorThrown", code: "E1", message: "" })).toBe("job threw the error E1");
  expect(cause({ type: "userTaskChanged", action: "claim", values: { assignee: "bob" } })).toBe("user task claimed");
  expect(cause({ type: "userTaskChanged", action: "assign", values: { assignee: "bob" } })).toBe("user task assigned to bob");
  expect(cause({ type: "userTaskChanged", action: "update", values: { due_date: null, priority: 80 } })).toBe(
    "user task changed: due date, priority",
  );
  expect(cause({ type: "variablesSet", variables: { a: 1, b: 2 } })).toBe("variables set: a, b");
  expect(cause({ type: "modified", activate: [{ elementId: "pick" }], terminate: [{ elementInstance: "7" }] })).toBe(
    "modified: PICK activated, 1 ended",
  );
});

it("effects say who threw and who caught, what is undone and what came too late", () => {
  const facts = [
    { type: "elementActivated", elementId: "each", elementType: "MULTI_INSTANCE_BODY" },
    { type: "errorThrown", elementId: "pay", code: "E1", caughtBy: "failed" },
    { type: "errorThrown", elementId: "pay", code: "E2", caughtBy: null },
    { type: "escalated", elementId: "tell", code: "X", caughtBy: null },
    { type: "compensated", elementId: "book" },
    { type: "inputIgnored", input: "JobCompleted", key: "7", reason: "it is no longer open" },
    { type: "incidentClosed", elementId: "pay" },
    { type: "warningRecorded", elementId: "x", message: "the condition gave null" },
  ];
  expect(effectsOf(entry([], facts), (id) => id)).toEqual([
    "entered each, in several instances",
    "pay threw the error E1, caught by failed",
    "pay threw the error E2, caught by nothing",
    "tell escalated X, caught by nothing",
    "undoes book",
    "came too late: job completed, it is no longer open",
    "incident at pay closed",
    "warning at x: the condition gave null",
  ]);
});

it("names of inputs become words", () => {
  expect(wordsOf("jobCompleted")).toBe("job completed");
  expect(wordsOf("started")).toBe("started");
});

it("what came in together is counted", () => {
  expect(causeOf(entry([{ type: "jobCompleted" }, { type: "jobCompleted" }, { type: "timerFired" }]))).toBe(
    "job completed (2 times), timer fired",
  );
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
  const element = (elementInstanceKey: string, scopeKey: string | null, type = "TASK") =>
    ({ elementInstanceKey, scopeKey, type }) as ElementInstance;
  const tree = treeOf([element("1", null, "PROCESS"), element("2", "1"), element("3", "1", "SUB_PROCESS"), element("4", "3")]);
  expect(tree.map((node) => [node.element.elementInstanceKey, node.children.map((child) => child.element.elementInstanceKey)])).toEqual([
    ["2", []],
    ["3", ["4"]],
  ]);
});

it("of the times that an element was entered, the one to look at comes first", () => {
  const run = (elementInstanceKey: string, startDate: string, more: Partial<ElementInstance> = {}) =>
    ({ elementInstanceKey, elementId: "pick", startDate, endDate: startDate, hasIncident: false, ...more }) as ElementInstance;
  const elements = [
    run("1", "2026-01-01T00:00:00Z", { hasIncident: true, endDate: null }),
    run("2", "2026-01-02T00:00:00Z"),
    run("3", "2026-01-03T00:00:00Z", { endDate: null }),
    run("4", "2026-01-04T00:00:00Z"),
    run("5", "2026-01-05T00:00:00Z", { elementId: "pack" }),
  ];
  expect(runsOf(elements, "pick").map((each) => each.elementInstanceKey)).toEqual(["1", "3", "4", "2"]);
});
