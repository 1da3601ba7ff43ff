import { expect, it } from "vitest";
import { addressOf, filterFrom, filterOf, isChosen, type IncidentGroup } from "./groups";

const group: IncidentGroup = {
  errorMessage: "no power & no paper",
  processDefinitionId: "refund",
  elementId: "pay",
  activeIncidentCount: 3,
  oldestCreationTime: "2026-01-01T00:00:00Z",
};

it("a group survives the address", () => {
  const params = new URLSearchParams(new URLSearchParams(addressOf(group)).toString());
  expect(isChosen(group, params)).toBe(true);
  expect(isChosen({ ...group, elementId: "print" }, params)).toBe(false);
  expect(filterFrom(params)).toEqual({
    state: "ACTIVE",
    processDefinitionId: "refund",
    errorMessage: "no power & no paper",
    elementId: "pay",
  });
  expect(filterOf(group)).toEqual(filterFrom(params));
});

it("no group is chosen by an address that names none", () => {
  expect(isChosen(group, new URLSearchParams("process=refund"))).toBe(false);
});

it("the group's process counts before the page's", () => {
  expect(filterFrom(new URLSearchParams("process=claim&in=refund"))).toEqual({ state: "ACTIVE", processDefinitionId: "refund" });
  expect(filterFrom(new URLSearchParams("process=claim"))).toEqual({ state: "ACTIVE", processDefinitionId: "claim" });
  expect(filterFrom(new URLSearchParams())).toEqual({ state: "ACTIVE" });
});
