import { describe, expect, it } from "vitest";
import { changed } from "@/shared/address";
import { addressOf, FILTERS, searchFor, sortsOf, viewOf, withFilter, withSort, type InboxView } from "./view";

const NOW = Date.parse("2026-11-20T12:00:30Z");

function written(view: InboxView): URLSearchParams {
  return changed(new URLSearchParams(), addressOf(view));
}

describe("the address of the inbox", () => {
  it("gives every view back as it was written", () => {
    for (const filter of FILTERS) {
      for (const sort of sortsOf(filter)) {
        for (const order of ["ASC", "DESC"] as const) {
          const view: InboxView = { filter, sort, order, text: "a&b", processDefinitionId: "order" };
          expect(viewOf(written(view))).toEqual(view);
        }
      }
    }
  });

  it("is empty for the view that it opens with", () => {
    expect([...written(viewOf(new URLSearchParams()))]).toEqual([]);
  });

  it("sorts open tasks by nothing that they lack, and completed ones by their completion", () => {
    expect(viewOf(new URLSearchParams("sort=completionDate")).sort).toBe("creationDate");
    expect(viewOf(new URLSearchParams("filter=completed&sort=name")).sort).toBe("completionDate");
  });

  it("passes over what makes no sense", () => {
    expect(viewOf(new URLSearchParams("filter=x&sort=y&order=z"))).toEqual(viewOf(new URLSearchParams()));
  });
});

describe("a filter and a sort", () => {
  it("show what is due first, and what was completed last", () => {
    const view = viewOf(new URLSearchParams());
    expect(withFilter(view, "due")).toMatchObject({ sort: "dueDate", order: "ASC" });
    expect(withFilter(view, "completed")).toMatchObject({ sort: "completionDate", order: "DESC" });
  });

  it("turn round when the same field is chosen again", () => {
    const view = withSort(viewOf(new URLSearchParams()), "priority");
    expect(view.order).toBe("DESC");
    expect(withSort(view, "priority").order).toBe("ASC");
  });
});

describe("the search of a view", () => {
  it("asks for mine by name and for unassigned by absence", () => {
    expect(searchFor(viewOf(new URLSearchParams("filter=mine")), "bob", NOW).filter).toEqual({ state: "CREATED", assignee: "bob" });
    expect(searchFor(viewOf(new URLSearchParams("filter=unassigned")), "bob", NOW).filter).toEqual({
      state: "CREATED",
      assignee: { $exists: false },
    });
  });

  it("is the same question for a minute", () => {
    const due = viewOf(new URLSearchParams("filter=due"));
    expect(searchFor(due, "bob", NOW)).toEqual(searchFor(due, "bob", NOW + 20_000));
    expect(searchFor(due, "bob", NOW)).not.toEqual(searchFor(due, "bob", NOW + 60_000));
  });

  it("takes wildcards in the text as they are written", () => {
    expect(searchFor(viewOf(new URLSearchParams("q=50*")), "bob", NOW).filter).toMatchObject({ name: { $like: "*50\\**" } });
  });
});
