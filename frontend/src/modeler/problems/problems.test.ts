import { expect, it } from "vitest";
import { arranged, countsInWords, problemsOf, type Problem } from "./problems";

const SERVER = problemsOf(
  [
    { code: "W1", severity: "warning", resourceName: "order.bpmn", elementId: "a", elementName: null, line: 3, message: "No default flow" },
    { code: "E1", severity: "error", resourceName: "order.form", elementId: null, elementName: null, line: null, message: "No id" },
  ],
  "order.bpmn",
);
const LINT: Problem[] = [
  { source: "drawing", code: "label-required", severity: "info", elementId: "b", message: "Has no name" },
  { source: "drawing", code: "x", severity: "error", elementId: "c", message: "Bad" },
];

it("names the file only when it is another one than the open one", () => {
  expect(SERVER.map((problem) => problem.resourceName)).toEqual([null, "order.form"]);
});

it("puts errors first, and the server's before the linter's", () => {
  expect(arranged([...LINT, ...SERVER]).map((problem) => problem.code)).toEqual(["E1", "x", "W1", "label-required"]);
});

it("says once what two sources say in the same words", () => {
  const twice = [SERVER[0]!, { ...SERVER[0]!, source: "drawing" as const }];
  expect(arranged(twice)).toHaveLength(1);
});

it("counts in words", () => {
  expect(countsInWords([])).toBe("No problems");
  expect(countsInWords([...LINT, ...SERVER])).toBe("2 errors, 1 warning, 1 hint");
});
