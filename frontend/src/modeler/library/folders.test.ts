import { expect, it } from "vitest";
import type { DraftSummary } from "./drafts";
import { allFolders, asPath, draftsIn, foldersIn, wayTo } from "./folders";

function draft(name: string, folder: string, kind: DraftSummary["kind"] = "BPMN"): DraftSummary {
  return {
    draftKey: name,
    name,
    kind,
    folder,
    revision: 1,
    createdAt: "",
    createdBy: "",
    updatedAt: "",
    updatedBy: "",
    deployedAt: null,
    deploymentKey: null,
  };
}

const DRAFTS = [
  draft("Order", "sales"),
  draft("Order form", "sales/forms", "FORM"),
  draft("Hire", "people"),
  draft("Loose", ""),
  draft("Salesman", "salesmen"),
];

it("lists the folders one level below, with what is in them at any depth", () => {
  expect(foldersIn(DRAFTS, "")).toEqual([
    { path: "people", name: "people", count: 1 },
    { path: "sales", name: "sales", count: 2 },
    { path: "salesmen", name: "salesmen", count: 1 },
  ]);
  expect(foldersIn(DRAFTS, "sales")).toEqual([{ path: "sales/forms", name: "forms", count: 1 }]);
});

it("knows folders that hold folders alone", () => {
  expect(allFolders([{ folder: "a/b/c" }])).toEqual(["a", "a/b", "a/b/c"]);
});

it("shows a folder's own drafts until something is searched, then all below it", () => {
  expect(draftsIn(DRAFTS, { folder: "sales", text: "", kind: "" }).map((each) => each.name)).toEqual(["Order"]);
  expect(draftsIn(DRAFTS, { folder: "sales", text: "ORDER", kind: "" }).map((each) => each.name)).toEqual(["Order", "Order form"]);
  expect(draftsIn(DRAFTS, { folder: "", text: "order form", kind: "FORM" }).map((each) => each.name)).toEqual(["Order form"]);
});

it("reads a typed path and the way to it", () => {
  expect(asPath(" sales / forms //")).toBe("sales/forms");
  expect(wayTo("sales/forms")).toEqual([
    { path: "sales", name: "sales" },
    { path: "sales/forms", name: "forms" },
  ]);
});
