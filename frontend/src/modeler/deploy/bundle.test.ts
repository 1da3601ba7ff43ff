import { expect, it } from "vitest";
import type { DraftKind, DraftSummary } from "../library/drafts";
import { assemble, asResource, declaredIds, linksOf, startFormId } from "./bundle";

const ORDER = `<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
  <bpmn:process id="order">
    <bpmn:startEvent id="s"><bpmn:extensionElements><zeebe:formDefinition formId="order-form" /></bpmn:extensionElements></bpmn:startEvent>
    <bpmn:userTask id="t"><bpmn:extensionElements><zeebe:formDefinition formId="approve" /></bpmn:extensionElements></bpmn:userTask>
    <bpmn:userTask id="u"><bpmn:extensionElements><zeebe:formDefinition formId="approve" /></bpmn:extensionElements></bpmn:userTask>
    <bpmn:businessRuleTask id="b"><bpmn:extensionElements><zeebe:calledDecision decisionId="discount" /></bpmn:extensionElements></bpmn:businessRuleTask>
    <bpmn:callActivity id="c"><bpmn:extensionElements><zeebe:calledElement processId="=which" /></bpmn:extensionElements></bpmn:callActivity>
    <bpmn:callActivity id="d"><bpmn:extensionElements><zeebe:calledElement processId="ship" /></bpmn:extensionElements></bpmn:callActivity>
  </bpmn:process>
</bpmn:definitions>`;

function draft(draftKey: string, kind: DraftKind, folder = "", updatedAt = "2026-01-01"): DraftSummary {
  return {
    draftKey,
    name: `Draft ${draftKey}`,
    kind,
    folder,
    revision: 1,
    createdAt: "",
    createdBy: "",
    updatedAt,
    updatedBy: "",
    deployedAt: null,
    deploymentKey: null,
  };
}

it("finds what a diagram names, once each, without expressions", () => {
  expect(linksOf(ORDER)).toEqual({ formIds: ["order-form", "approve"], decisionIds: ["discount"], processIds: ["ship"] });
});

it("finds nothing in a file that cannot be read", () => {
  expect(linksOf("<bpmn:definitions")).toEqual({ formIds: [], decisionIds: [], processIds: [] });
});

it("takes the linked drafts into the bundle and names what is missing", () => {
  const bundle = assemble(draft("1", "BPMN"), ORDER, [
    { draft: draft("2", "FORM"), content: '{"id": "approve"}' },
    { draft: draft("3", "FORM"), content: '{"id": "other"}' },
    { draft: draft("4", "DMN"), content: '<definitions xmlns="d"><decision id="discount"/></definitions>' },
  ]);
  expect(bundle.main.resourceName).toBe("order.bpmn");
  expect(bundle.linked.map((resource) => resource.resourceName)).toEqual(["approve.form", "discount.dmn"]);
  expect(bundle.missing).toEqual([
    { kind: "FORM", id: "order-form" },
    { kind: "BPMN", id: "ship" },
  ]);
});

it("prefers the form in the same folder, then the one changed last", () => {
  const content = '{"id": "approve"}';
  const main = draft("1", "BPMN", "sales");
  const here = { draft: draft("2", "FORM", "sales", "2026-01-01"), content };
  const elsewhere = { draft: draft("3", "FORM", "people", "2026-05-01"), content };
  const older = { draft: draft("4", "FORM", "people", "2026-02-01"), content };
  expect(assemble(main, ORDER, [elsewhere, here]).linked.map((each) => each.draftKey)).toEqual(["2"]);
  expect(assemble(main, ORDER, [older, elsewhere]).linked.map((each) => each.draftKey)).toEqual(["3"]);
});

it("names a resource by the id that it declares, so that renaming a draft makes no second one", () => {
  expect(asResource({ name: "Approval", kind: "FORM" }, '{"id": "approve order"}').resourceName).toBe("approve-order.form");
  expect(asResource({ name: "My broken one", kind: "BPMN" }, "<oops").resourceName).toBe("my-broken-one.bpmn");
  expect(declaredIds("FORM", "no json")).toEqual([]);
});

it("knows the form of the start event, but not that of a sub-process' start", () => {
  expect(startFormId(ORDER)).toBe("order-form");
  expect(
    startFormId(
      ORDER.replace("<bpmn:startEvent", "<bpmn:subProcess><bpmn:startEvent").replace(
        "</bpmn:startEvent>",
        "</bpmn:startEvent></bpmn:subProcess>",
      ),
    ),
  ).toBeUndefined();
});
