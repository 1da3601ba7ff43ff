import type { Schemas } from "@/api/contract";
import type { Status } from "@/shared/tags";

export type BatchOperation = Schemas["BatchOperationResult"];
export type BatchOperationItem = Schemas["BatchOperationItemResult"];

/** What is done, by the API's word: as a heading, and while it is done. */
const WORDS: Record<string, [string, string]> = {
  CANCEL_PROCESS_INSTANCE: ["Cancel instances", "Cancelling instances"],
  RESOLVE_INCIDENT: ["Retry incidents", "Retrying incidents"],
  MIGRATE_PROCESS_INSTANCE: ["Migrate instances", "Migrating instances"],
  MODIFY_PROCESS_INSTANCE: ["Modify instances", "Modifying instances"],
  DELETE_PROCESS_INSTANCE: ["Delete instances", "Deleting instances"],
  SUSPEND_PROCESS_INSTANCE: ["Suspend instances", "Suspending instances"],
  RESUME_PROCESS_INSTANCE: ["Resume instances", "Resuming instances"],
};

export type RepeatedFailures = Schemas["RepeatedFailuresResult"];

type Kind = Pick<BatchOperation, "batchOperationType"> & Partial<Pick<BatchOperation, "isDryRun">>;

export function nameOf(operation: Kind): string {
  return tried(operation) + (WORDS[operation.batchOperationType]?.[0] ?? operation.batchOperationType);
}

export function doingOf(operation: Kind): string {
  return tried(operation) + (WORDS[operation.batchOperationType]?.[1] ?? operation.batchOperationType);
}

function tried(operation: Kind): string {
  return operation.isDryRun ? "Dry run: " : "";
}

export function hasEnded(operation: Pick<BatchOperation, "endDate">): boolean {
  return operation.endDate !== null;
}

/** "12 of 40", "40 done", "3 of 40 refused". */
export function progressText(operation: BatchOperation): string {
  const { operationsTotalCount: total, operationsCompletedCount: done, operationsFailedCount: failed } = operation;
  if (operation.state === "CREATED") return total > 0 ? `${number(total)} found so far` : "Finding them";
  if (operation.state === "FAILED") return operation.errors[0]?.message ?? "Failed";
  if (!hasEnded(operation)) return `${number(done + failed)} of ${number(total)}`;
  if (total === 0) return "Nothing to do";
  if (operation.state === "CANCELED") return `${number(done)} of ${number(total)} done`;
  return failed > 0 ? `${number(failed)} of ${number(total)} refused` : `${number(total)} done`;
}

export function statusOf(operation: BatchOperation): { status: Status; label: string } {
  switch (operation.state) {
    case "CREATED":
      return { status: "waiting", label: "Preparing" };
    case "ACTIVE":
      return { status: "running", label: "Running" };
    case "SUSPENDED":
      return { status: "suspended", label: "Suspended" };
    case "CANCELED":
      return { status: "cancelled", label: "Cancelled" };
    case "FAILED":
      return { status: "incident", label: "Failed" };
    default:
      return operation.operationsFailedCount > 0
        ? { status: "incident", label: "Some refused" }
        : { status: "completed", label: "Completed" };
  }
}

const ITEM_WORDS: Record<string, { status: Status; label: string }> = {
  ACTIVE: { status: "waiting", label: "Waits" },
  COMPLETED: { status: "completed", label: "Done" },
  FAILED: { status: "incident", label: "Refused" },
  SKIPPED: { status: "cancelled", label: "Was gone" },
  CANCELED: { status: "cancelled", label: "Left alone" },
};

export function itemStatusOf(item: Pick<BatchOperationItem, "state">): { status: Status; label: string } {
  return ITEM_WORDS[item.state] ?? { status: "waiting", label: item.state };
}

/** Retried incidents may come again; other operations are done when they are done. */
export function retries(operation: Pick<BatchOperation, "batchOperationType">): boolean {
  return operation.batchOperationType === "RESOLVE_INCIDENT";
}

/** "83 tried, 83 failed again, same reason"; undefined while none has failed again. */
export function failedAgainText(tried: number, { failedAgainCount: count, reasons }: RepeatedFailures): string | undefined {
  if (count === 0) return undefined;
  const reason = reasons.every((each) => each.isSameReason)
    ? "same reason"
    : reasons.length === 1
      ? "another reason"
      : `${number(reasons.length)} reasons`;
  return `${number(tried)} tried, ${number(count)} failed again, ${reason}`;
}

function number(value: number): string {
  return value.toLocaleString("en");
}
