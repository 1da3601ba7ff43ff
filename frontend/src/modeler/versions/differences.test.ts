import { expect, it } from "vitest";
import { apart, markersOf, type Difference } from "./differences";

function difference(elementId: string, kind: string): Difference {
  return { elementId, elementName: null, kind, property: null, before: null, after: null, sentence: `${elementId} is ${kind}.` };
}

it("marks an element by the weightiest of its differences", () => {
  const found = [difference("a", "layout"), difference("a", "changed"), difference("b", "added"), difference("c", "layout")];
  expect(markersOf(found)).toEqual({ a: ["sw-diff-changed"], b: ["sw-diff-added"], c: ["sw-diff-layout"] });
});

it("keeps what only looks otherwise apart", () => {
  const { meaning, layout } = apart([difference("a", "changed"), difference("a", "layout"), difference("b", "removed")]);
  expect(meaning.map((each) => each.kind)).toEqual(["changed", "removed"]);
  expect(layout.map((each) => each.elementId)).toEqual(["a"]);
});
