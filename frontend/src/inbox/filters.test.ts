import { describe, expect, it } from "vitest";
import { filterFrom, isOverdue, requestFor } from "./filters";

describe("the filters of the inbox", () => {
  it("come from the URL, and an unknown one is all open tasks", () => {
    expect(filterFrom(new URLSearchParams("filter=mine"))).toBe("mine");
    expect(filterFrom(new URLSearchParams("filter=nonsense"))).toBe("open");
    expect(filterFrom(new URLSearchParams())).toBe("open");
  });

  it("ask for what they say", () => {
    const now = new Date("2026-01-31T12:00:00Z");
    expect(requestFor("mine", "alice", now).filter).toEqual({ state: "CREATED", assignee: "alice" });
    expect(requestFor("unassigned", "alice", now).filter).toEqual({ state: "CREATED", assignee: { $exists: false } });
    expect(requestFor("overdue", "alice", now).filter).toEqual({ state: "CREATED", dueDate: { $lt: "2026-01-31T12:00:00.000Z" } });
    expect(requestFor("completed", "alice", now).filter).toEqual({ state: "COMPLETED" });
  });

  it("call a task overdue from its due date on", () => {
    expect(isOverdue("2026-01-31T12:00:00Z", Date.parse("2026-01-31T12:00:01Z"))).toBe(true);
    expect(isOverdue("2026-01-31T12:00:00Z", Date.parse("2026-01-31T11:59:59Z"))).toBe(false);
    expect(isOverdue(null, 0)).toBe(false);
  });
});
