import { describe, expect, it } from "vitest";
import { failedAgainText, nameOf, progressText, statusOf, type BatchOperation } from "./batch";

function operation(given: Partial<BatchOperation>): BatchOperation {
  return {
    batchOperationKey: "1",
    batchOperationType: "CANCEL_PROCESS_INSTANCE",
    isDryRun: false,
    state: "ACTIVE",
    startDate: "2030-01-01T00:00:00Z",
    endDate: null,
    actorType: "USER",
    actorId: "alice",
    operationsTotalCount: 1_200,
    operationsFailedCount: 2,
    operationsCompletedCount: 10,
    errors: [],
    ...given,
  };
}

const ended = { endDate: "2030-01-01T00:01:00Z", state: "COMPLETED" } as const;

describe("nameOf", () => {
  it("does not take what was only tried for done", () => {
    expect(nameOf(operation({}))).toBe("Cancel instances");
    expect(nameOf(operation({ batchOperationType: "MIGRATE_PROCESS_INSTANCE", isDryRun: true }))).toBe("Dry run: Migrate instances");
  });
});

describe("progressText", () => {
  it("counts what was tried while it runs", () => {
    expect(progressText(operation({}))).toBe("12 of 1,200");
    expect(progressText(operation({ state: "CREATED" }))).toBe("1,200 found so far");
    expect(progressText(operation({ state: "CREATED", operationsTotalCount: 0 }))).toBe("Finding them");
  });

  it("says at the end what was refused, and that there was nothing to do", () => {
    expect(progressText(operation(ended))).toBe("2 of 1,200 refused");
    expect(progressText(operation({ ...ended, operationsFailedCount: 0 }))).toBe("1,200 done");
    expect(progressText(operation({ ...ended, operationsTotalCount: 0 }))).toBe("Nothing to do");
    expect(progressText(operation({ ...ended, state: "CANCELED" }))).toBe("10 of 1,200 done");
  });

  it("shows why the items could not be found", () => {
    expect(
      progressText(operation({ ...ended, state: "FAILED", errors: [{ partitionId: 1, type: "QUERY_FAILED", message: "No such field." }] })),
    ).toBe("No such field.");
  });
});

it("an operation that ended with refusals does not look like one that did all", () => {
  expect(statusOf(operation({ ...ended, operationsFailedCount: 0 })).label).toBe("Completed");
  expect(statusOf(operation(ended)).label).toBe("Some refused");
});

describe("failedAgainText", () => {
  const reason = (errorMessage: string, count: number, isSameReason: boolean) => ({ errorMessage, count, isSameReason });

  it("says nothing while no retry has failed", () => {
    expect(failedAgainText(83, { failedAgainCount: 0, reasons: [] })).toBeUndefined();
  });

  it("says how many of the tried failed again, and whether for the same reason", () => {
    expect(failedAgainText(83, { failedAgainCount: 83, reasons: [reason("boom", 83, true)] })).toBe(
      "83 tried, 83 failed again, same reason",
    );
    expect(failedAgainText(83, { failedAgainCount: 40, reasons: [reason("late", 40, false)] })).toBe(
      "83 tried, 40 failed again, another reason",
    );
    expect(failedAgainText(1_200, { failedAgainCount: 1_100, reasons: [reason("a", 600, true), reason("b", 500, false)] })).toBe(
      "1,200 tried, 1,100 failed again, 2 reasons",
    );
  });
});
